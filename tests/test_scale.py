import numpy as np
import pytest
import tensorflow as tf

from pix2pix.scale import from_network, to_network


def test_known_values():
    values = to_network(np.array([0, 51, 255], np.uint8)).numpy()
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, [-1, -0.6, 1], atol=1e-7)


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
