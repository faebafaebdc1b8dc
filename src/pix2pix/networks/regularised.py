"""Dropout and spectral normalisation for any discriminator: a copy of the network with other layers."""

from typing import Any

import keras
from keras import layers

from pix2pix.base.seeds import derive
from pix2pix.networks.layers.spectral import spectral


def regularised(
    discriminator: keras.Model, dropout: float = 0.0, spectral_norm: bool = False, spared: int = 0
) -> keras.Model:
    """Return a discriminator with the same first weights, and with these remedies.

    Args:
        discriminator: a functional model in float32 whose hidden activations are layers (`LeakyReLU`, `ReLU`).
        dropout: the share of values that are dropped after each hidden activation. `Draw.dropout` sets the masks.
        spectral_norm: whether all kernels of convolutions and dense layers are normalised by their largest singular
            value.
        spared: the number of hidden activations, from the first on, that have no dropout.

    Returns:
        The model itself if there is nothing to do.
    """
    if not dropout and not spectral_norm:
        return discriminator

    activations = [layer.name for layer in discriminator.layers if isinstance(layer, (layers.LeakyReLU, layers.ReLU))]

    def made(layer: keras.Operation) -> keras.Operation:
        kind = type(layer)
        if spectral_norm and isinstance(layer, (layers.Conv2D, layers.Dense)):
            kind = spectral(kind)
        return kind.from_config(layer.get_config())

    def called(layer: keras.Operation, *given: Any, **options: Any) -> Any:
        outputs = layer(*given, **options)
        if not dropout or layer.name not in activations[spared:]:
            return outputs
        name = f"{layer.name}_dropout"
        return layers.Dropout(dropout, seed=derive(0, name), name=name)(outputs)

    copy = keras.models.clone_model(discriminator, clone_function=made, call_function=called)
    first = {weight.path: weight for weight in discriminator.weights}
    for weight in copy.weights:
        if weight.path in first:
            weight.assign(first[weight.path])
    return copy
