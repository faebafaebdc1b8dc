"""The precision that a network computes in while it learns; its weights are float32 in any."""

from typing import Literal

import keras
from keras import layers

Precision = Literal["float32", "bfloat16"]


def computing_in(precision: Precision, model: keras.Model) -> keras.Model:
    """The same network with the same weights, computing in `precision` (Micikevicius et al. 2018; Keras' policies).

    What the losses are made of stays float32: bfloat16 has 8 bits, and the picture would lose a level in four. So the
    last layer computes in float32; BatchNorm does that by itself. bfloat16 has the range of float32, so that losses
    need no scaling.
    """
    if precision == "float32":
        return model
    last = model.layers[-1].name

    def low(layer: layers.Layer) -> layers.Layer:
        policy = "float32" if layer.name == last else "mixed_bfloat16"
        return layer.__class__.from_config(layer.get_config() | {"dtype": policy})

    copy = keras.models.clone_model(model, clone_function=low)
    copy.set_weights(model.get_weights())
    return copy


def in_float32(layer: layers.Layer) -> dict[str, object]:
    """The configuration of a layer that computes in float32, whatever it learned in."""
    return layer.get_config() | {"dtype": "float32"}
