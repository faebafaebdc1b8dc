"""Copy a network into one that has only layers of Keras itself, to be saved."""

import keras

from pix2pix.networks.precision import in_float32
from pix2pix.networks.weights import copy_weights


def portable(model: keras.Model) -> keras.Model:
    """Return a copy of a model, with the same weights, in which every layer is one of Keras and computes in float32."""
    copy = keras.models.clone_model(model, clone_function=_own)
    copy_weights(model, copy)
    return copy


def _own(layer: keras.Operation) -> keras.Operation:
    """Return the layer or operation of Keras that one is derived from, with the same configuration."""
    kind: type[keras.Operation] = next(kind for kind in type(layer).__mro__ if kind.__module__.startswith("keras."))
    return kind.from_config(in_float32(layer))
