"""Planes of noise beside a picture."""

import keras
import numpy as np
import tensorflow as tf

from pix2pix.networks import noise
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.inference import set_dropout_seed

PICTURES = tf.constant(np.random.default_rng(0).uniform(-1, 1, (500, 4, 6, 3)), tf.float32)


def planes(size: int = 8) -> keras.Model:
    picture = keras.Input((4, 6, 3))
    return keras.Model(picture, noise.planes(picture, size, 0))


def test_each_picture_has_numbers_of_its_own_that_are_the_same_at_each_pixel() -> None:
    drawn = planes()(PICTURES, training=True).numpy()
    assert drawn.shape == (500, 4, 6, 8)
    np.testing.assert_array_equal(drawn, np.broadcast_to(drawn[:, :1, :1], drawn.shape))
    numbers = drawn[:, 0, 0]
    # 4,000 numbers from N(0, 1): their mean is within four standard errors, and so is their standard deviation.
    assert abs(numbers.mean()) < 4 / 4000**0.5 and abs(numbers.std() - 1) < 4 / 8000**0.5
    assert len(np.unique(numbers[:, 0])) == 500


def test_there_is_none_when_nothing_is_random() -> None:
    assert not planes()(PICTURES, training=False).numpy().any()


def test_what_is_drawn_is_what_the_network_sees() -> None:
    network = generator((32, 32), filters=2, dropout=False, noise=3)
    seen = keras.Model(network.input, network.get_layer("noisy_input").output)
    picture = tf.zeros((2, 32, 32, 3))
    found = []
    for model in (noise.drawn(network), seen):
        set_dropout_seed(network, 7)
        found.append(model(picture, training=True).numpy())
    np.testing.assert_array_equal(found[0][:, 0, 0], found[1][:, 5, 9, :3])
    assert found[0].any()
