import numpy as np
import pytest
import tensorflow as tf

from pix2pix.base import pictures


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (7, 13)])
def test_another_reader_finds_the_same_values(channels, size):
    """TensorFlow reads PNG by libpng."""
    picture = np.random.default_rng(channels).integers(0, 1 << 16, (*size, channels), np.uint16)
    file = pictures.png(picture)
    np.testing.assert_array_equal(tf.io.decode_png(file, channels, tf.uint16), picture)
    assert file == pictures.png(picture)
