import numpy as np
import pytest
import tensorflow as tf
from keras_layer import assert_same_twice_differentiated

from pix2pix.base import hardware
from pix2pix.networks.layers import squares


def normal(*size):
    return tf.constant(np.random.default_rng(len(size) + size[0]).normal(size=size), tf.float32)


@pytest.mark.parametrize("sides", [(2, 2), (4, 10), (18, 20)])
def test_halving_is_tensorflows_convolution_and_so_are_its_gradients(sides):
    assert_same_twice_differentiated(
        squares.halved,
        lambda pictures, kernel: tf.nn.conv2d(pictures, kernel, 2, "SAME"),
        normal(2, *sides, 3),
        normal(4, 4, 3, 5),
    )


@pytest.mark.parametrize("sides", [(1, 1), (2, 5), (9, 10)])
def test_doubling_is_tensorflows_transposed_convolution_and_so_are_its_gradients(sides):
    assert_same_twice_differentiated(
        squares.doubled,
        lambda pictures, kernel: tf.nn.conv2d_transpose(
            pictures, kernel, [2, 2 * sides[0], 2 * sides[1], 3], 2, "SAME"
        ),
        normal(2, *sides, 5),
        normal(4, 4, 3, 5),
    )


@pytest.mark.parametrize(("channels", "slow", "faster"), [(64, True, True), (64, False, False), (6, True, False)])
def test_they_are_for_many_channels_where_convolutions_are_slow(monkeypatch, channels, slow, faster):
    monkeypatch.setattr(hardware, "convolutions_are_slow", lambda dtype: slow and dtype == tf.float32)
    assert squares.are_faster(normal(1, 2, 2, 3), channels) == faster
    assert not squares.are_faster(tf.cast(normal(1, 2, 2, 3), tf.bfloat16), channels)
