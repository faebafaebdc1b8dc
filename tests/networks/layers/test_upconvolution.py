import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras_layer import BATCH, FILTERS, assert_computes_like

from pix2pix.networks.layers import squares, upconvolution
from pix2pix.networks.layers.upconvolution import UpConvolution


# Both ways of computing it, the edges of their ranges, and maps that are not square.
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 5), (16, 16), (16, 17), (20, 20)])
def test_it_is_keras_transposed_convolution(shape):
    given = assert_computes_like(UpConvolution, layers.Conv2DTranspose, shape)
    assert given.shape == (BATCH, 2 * shape[0], 2 * shape[1], FILTERS)


def test_one_pixel_stamps_the_inner_part_of_the_kernel():
    kernel = np.arange(16, dtype=np.float32).reshape(4, 4, 1, 1)
    stamped = upconvolution.doubled(tf.fill([1, 1, 1, 1], 2.0), tf.constant(kernel))
    np.testing.assert_array_equal(stamped[0, :, :, 0], 2 * kernel[1:3, 1:3, 0, 0])


@pytest.mark.parametrize("shape", [(2, 2), (16, 17), (20, 20)])
def test_large_maps_are_its_products_where_convolutions_are_slow(monkeypatch, shape):
    monkeypatch.setattr(squares, "are_faster", lambda *_: True)
    assert_computes_like(UpConvolution, layers.Conv2DTranspose, shape, use_bias=True)
