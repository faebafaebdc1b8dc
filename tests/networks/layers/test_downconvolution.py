import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras_layer import BATCH, FILTERS, assert_computes_like

from pix2pix.networks.layers import downconvolution, squares
from pix2pix.networks.layers.downconvolution import DownConvolution


# Both ways of computing it, the edges of their ranges, and maps that are not square.
@pytest.mark.parametrize("shape", [(2, 2), (4, 4), (6, 10), (16, 16), (16, 18), (32, 32)])
def test_it_is_keras_convolution(shape):
    given = assert_computes_like(DownConvolution, layers.Conv2D, shape)
    assert given.shape == (BATCH, shape[0] // 2, shape[1] // 2, FILTERS)


def test_two_by_two_pixels_meet_the_inner_part_of_the_kernel():
    kernel = np.arange(16, dtype=np.float32).reshape(4, 4, 1, 1)
    answer = downconvolution.halved(tf.reshape([1.0, 10.0, 100.0, 1000.0], (1, 2, 2, 1)), tf.constant(kernel))
    assert answer.numpy().item() == 5 * 1 + 6 * 10 + 9 * 100 + 10 * 1000


@pytest.mark.parametrize("shape", [(2, 2), (16, 18), (32, 32), (25, 30)])
def test_large_maps_are_its_products_where_convolutions_are_slow(monkeypatch, shape):
    monkeypatch.setattr(squares, "are_faster", lambda *_: True)
    assert_computes_like(DownConvolution, layers.Conv2D, shape, use_bias=True)
