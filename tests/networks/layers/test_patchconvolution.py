import pytest
from keras import layers
from keras_layer import BATCH, FILTERS, assert_computes_like

from pix2pix.networks.layers.patchconvolution import PatchConvolution


@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize(("shape", "side"), [((2, 2), 2), ((4, 6), 2), ((9, 3), 3), ((5, 4), 1)])
def test_it_is_keras_convolution(shape, side, use_bias):
    given = assert_computes_like(
        PatchConvolution, layers.Conv2D, shape, kernel_size=side, strides=side, use_bias=use_bias
    )
    assert given.shape == (BATCH, shape[0] // side, shape[1] // side, FILTERS)
