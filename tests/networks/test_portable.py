import keras
import numpy as np
import tensorflow as tf
from keras import layers

from pix2pix.networks.blocks import Style, down, up
from pix2pix.networks.portable import portable
from pix2pix.networks.precision import computing_in


def small():
    """A network of all the layers that are ours."""
    picture = keras.Input((4, 4, 2), name="picture")
    return keras.Model(picture, up(down(picture, Style(0), "down", 5), Style(0), "up", 3, dropout=False), name="small")


def test_it_is_the_same_network_of_keras_own_layers():
    model = small()
    model.get_layer("down_norm").moving_mean.assign([1.0, 2.0, 3.0, 4.0, 5.0])
    copy = portable(model)
    assert [type(layer) for layer in copy.layers] == [
        layers.InputLayer, layers.Conv2D, layers.BatchNormalization, layers.LeakyReLU,
        layers.Conv2DTranspose, layers.BatchNormalization, layers.ReLU,
    ]  # fmt: skip
    pictures = tf.random.stateless_normal([2, 4, 4, 2], seed=(1, 2))
    np.testing.assert_allclose(copy(pictures), model(pictures), atol=1e-6)
    assert copy.name == "small"


def test_it_computes_in_float32_whatever_the_network_learned_in():
    copy = portable(computing_in("bfloat16", small()))
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
