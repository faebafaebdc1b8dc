"""Batch normalisation folded into the convolutions before it, for a network in use."""

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from pix2pix.networks.layers.kinds import fastest
from pix2pix.networks.precision import in_float32

Values = NDArray[np.float32]


def folded(model: keras.Model) -> keras.Model:
    """Return a copy for use, in which every convolution does the batch normalisation that follows it as well.

    A convolution can apply factor and offset of the normalisation by its weights (see `factor_and_offset`). A pass
    through memory is saved for each.

    Args:
        model: a functional model in which each `BatchNormalization` follows a `Conv2D` or `DepthwiseConv2D` without
            bias. It stays as it is.

    Returns:
        A float32 model. Its outputs are those of `model(…, training=False)` but for their last bits.
    """
    norms = {_before(layer).name: layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)}

    def made(layer: keras.Operation) -> keras.Operation:
        if isinstance(layer, layers.BatchNormalization):
            return layers.Identity(name=layer.name)
        return fastest(layer).from_config(in_float32(layer) | ({"use_bias": True} if layer.name in norms else {}))

    copy = keras.models.clone_model(model, clone_function=made, call_function=_call)
    for layer in (layer for layer in copy.layers if layer.weights):
        weights = model.get_layer(layer.name).get_weights()
        layer.set_weights(_weights(layer, weights[0], norms[layer.name]) if layer.name in norms else weights)
    return copy


def factor_and_offset(
    epsilon: float, gamma: Values, beta: Values, mean: Values, variance: Values
) -> tuple[Values, Values]:
    """Return what batch normalisation in use is: a factor and an offset for each channel.

    Source: Ioffe & Szegedy 2015, algorithm 2.

    Args:
        epsilon: what the normalisation adds to the variance.
        gamma, beta, mean, variance: its values, float32 `(channels,)`.
    """
    factor = gamma / np.sqrt(variance + epsilon)
    return factor, beta - mean * factor


def _before(norm: layers.BatchNormalization) -> keras.Operation:
    """Return the layer whose output a normalisation reads."""
    return norm.input._keras_history.operation


def _weights(layer: layers.Layer, kernel: np.ndarray, norm: layers.BatchNormalization) -> list[np.ndarray]:
    """Return the kernel and the bias of a convolution that normalises what it gives."""
    factor, offset = factor_and_offset(norm.epsilon, *norm.get_weights())
    # The last axis of a depthwise kernel has one place, and the one before it the channels.
    by_channel = factor[:, None] if isinstance(layer, layers.DepthwiseConv2D) else factor
    return [kernel * by_channel, offset]


def _call(layer: keras.Operation, *inputs: keras.KerasTensor, **_: object) -> keras.KerasTensor:
    """Call a layer without the arguments of the layer that it replaces."""
    return layer(*inputs)
