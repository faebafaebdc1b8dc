"""A network of Keras' own layers only: the form it is kept in."""

import keras
from keras import layers

from pix2pix.networks.precision import in_float32


def plain(model: keras.Model) -> keras.Model:
    """The same network with the same weights, of Keras' own layers only, which compute in float32."""
    copy = keras.models.clone_model(model, clone_function=_own)
    copy.set_weights(model.get_weights())
    return copy


def _own(layer: layers.Layer) -> layers.Layer:
    """Ours compute as the layer of Keras they are derived from, with its configuration."""
    kind: type[layers.Layer] = next(kind for kind in type(layer).__mro__ if kind.__module__.startswith("keras."))
    return kind.from_config(in_float32(layer))
