"""The precision in which a network computes."""

from collections.abc import Callable, Collection
from typing import Literal

import keras
from keras import layers

Precision = Literal["float32", "bfloat16"]
# The keys of a layer's configuration that say how its first kernel is drawn.
_DRAWN = {"kernel_initializer", "depthwise_initializer"}


def computing_in(precision: Precision, model: keras.Model, deep: bool = False) -> keras.Model:
    """Return the same network for a training that computes in `precision` (Micikevicius et al. 2018).

    Its weights are the same, and float32 in either.

    The last layer with weights, all layers after it, and BatchNorm compute in float32 in either precision. The losses
    are made of the last layer's output: rounded to bfloat16, one in twelve values spread evenly over [-1, 1] would
    become another of the 256 levels of a picture. bfloat16 has the range of float32, so the losses need no scaling.
    Inputs are float32, and so are operations that come before any layer (see `networks.one_hot`) or after the last one
    (see `networks.lab`).

    bfloat16 keeps 8 bits of a value, so of pictures of 16 bits the layers up to the first with weights see all bits.

    Args:
        precision: see `Precision`.
        model: the network, in float32.
        deep: whether one of the pictures that it reads has 16 bits.
    """
    if precision == "float32":
        return model
    exact = {*_last(model), *(_first(model) if deep else ())}

    def low(layer: keras.Operation) -> keras.Operation:
        return layer.__class__.from_config(settled(layer, "float32" if layer.name in exact else "mixed_bfloat16"))

    copy = keras.models.clone_model(model, clone_function=low)
    copy.set_weights(model.get_weights())
    return copy


def policies(precision: Precision, model: keras.Model, exact: Collection[str]) -> Callable[[keras.Operation], str]:
    """Return the policy of each layer for a network in use, whose weights do not change any more.

    In bfloat16 the layers up to the first and from the last one with weights compute in float32. The convolutions
    between them keep their weights in bfloat16. The answers are the same as if float32 weights were rounded at each
    call, as in training, but a call reads half as many bytes.

    Args:
        precision: see `Precision`.
        model: the network.
        exact: the names of more layers that compute in float32.

    Returns:
        A function of a layer of the network.
    """
    if precision == "float32":
        return lambda _: "float32"
    high = {*_last(model), *_first(model), *exact}

    def policy(layer: keras.Operation) -> str:
        if layer.name in high:
            return "float32"
        return "bfloat16" if isinstance(layer, layers.Conv2D | layers.Conv2DTranspose) else "mixed_bfloat16"

    return policy


def _last(model: keras.Model) -> list[str]:
    """Return the names of the last layer that has weights and of all layers after it."""
    names = [layer.name for layer in model.layers]
    return names[max(number for number, layer in enumerate(model.layers) if layer.weights) :]


def _first(model: keras.Model) -> list[str]:
    """Return the names of the layers up to the first that has weights."""
    names = [layer.name for layer in model.layers]
    return names[: 1 + next(number for number, layer in enumerate(model.layers) if layer.weights)]


def in_float32(layer: keras.Operation) -> dict[str, object]:
    """Return the configuration for a copy of a layer or operation that computes in float32; see `settled`."""
    return settled(layer, "float32")


def settled(layer: keras.Operation, policy: str) -> dict[str, object]:
    """Return the configuration for a copy of a layer with another policy, which is given its weights afterwards.

    So its first kernel is 0: drawing tens of millions of random numbers that are overwritten takes a second. A mere
    operation has no policy; it computes in what it is given.
    """
    if not isinstance(layer, layers.Layer):
        return dict(layer.get_config())
    configuration = layer.get_config()
    drawn = _DRAWN & configuration.keys()
    return configuration | dict.fromkeys(drawn, "zeros") | {"dtype": policy}
