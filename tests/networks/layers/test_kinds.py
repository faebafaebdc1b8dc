import pytest
from keras import layers

from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.downconvolution import DownConvolution
from pix2pix.networks.layers.kinds import fastest
from pix2pix.networks.layers.patchconvolution import PatchConvolution
from pix2pix.networks.layers.spectral import spectral
from pix2pix.networks.layers.upconvolution import UpConvolution

BY_TWO = {"kernel_size": 4, "strides": 2, "padding": "same"}


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (layers.Conv2D(3, **BY_TWO), DownConvolution),
        (spectral(layers.Conv2D)(3, **BY_TWO), DownConvolution),
        (layers.Conv2DTranspose(3, **BY_TWO), UpConvolution),
        (layers.Conv2DTranspose(3, **BY_TWO, activation="tanh"), layers.Conv2DTranspose),
        (layers.Conv2DTranspose(3, **(BY_TWO | {"padding": "valid"})), layers.Conv2DTranspose),
        (layers.Conv2D(3, 3), Convolution),
        (layers.Conv2D(3, **(BY_TWO | {"strides": 1})), Convolution),
        (spectral(Convolution)(3, 3), Convolution),
        (PatchConvolution(3, 2, 2), PatchConvolution),
        (layers.DepthwiseConv2D(3), layers.DepthwiseConv2D),
        (layers.ReLU(), layers.ReLU),
    ],
)
def test_each_layer_has_its_fastest_kind(layer, kind):
    assert fastest(layer) is kind
