"""The precision in which a network computes while it is trained. Its weights are float32 in either."""

from typing import Literal

import keras
from keras import layers

Precision = Literal["float32", "bfloat16"]


def computing_in(precision: Precision, model: keras.Model) -> keras.Model:
    """Return the same network with the same weights, computing in `precision` (Micikevicius et al. 2018).

    The last layer and BatchNorm compute in float32 in either precision. The losses are made of the last layer's output:
    rounded to bfloat16, one in twelve values spread evenly over [-1, 1] would become another of the 256 levels of a
    picture. bfloat16 has the range of float32, so the losses need no scaling.
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
    """Return the configuration of a layer, changed to compute in float32."""
    return layer.get_config() | {"dtype": "float32"}
