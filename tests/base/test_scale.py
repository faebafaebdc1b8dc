import numpy as np
import pytest
import tensorflow as tf

from pix2pix.base.scale import from_network, to_network


@pytest.mark.parametrize("given", [np.array, tf.constant])
def test_known_values(given):
    values = np.asarray(to_network(given([0, 51, 255], np.uint8)))
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, [-1, -0.6, 1], atol=1e-7)


def test_arrays_and_tensors_become_the_same_bits():
    values = np.arange(256, dtype=np.uint8)
    assert to_network(values).tobytes() == to_network(tf.constant(values)).numpy().tobytes()


def test_every_value_comes_back():
    values = np.arange(256, dtype=np.uint8).reshape(4, 4, 16)
    back = from_network(to_network(values))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize(
    ("inside", "outside"), [(-5.0, 0), (5.0, 255), (-1.0, 0), (1.0, 255), (-0.9999, 0), (0.9999, 255), (0.01, 129)]
)
def test_the_nearest_value_is_taken_and_what_lies_outside_is_clipped(inside, outside):
    """0.01 is 128.775: cutting off decimals would say 128, and wrapping around would turn 5.0 into 253."""
    assert from_network(tf.constant([inside]))[0] == outside
