"""The fastest kind of layer that computes the same as a given one."""

import keras
from keras import layers

from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.downconvolution import DownConvolution
from pix2pix.networks.layers.spectral import without_norm
from pix2pix.networks.layers.upconvolution import UpConvolution


def fastest(layer: keras.Operation) -> type[keras.Operation]:
    """Return the kind of layer to use in place of one in a trained network, with the same settings and weights.

    A folder of a model names layers of Keras only, and some of ours are faster. Spectral normalisation is left out: a
    trained network in use has kernels that are normalised already.
    """
    kind = without_norm(type(layer))
    if _is_by_two(layer):
        return DownConvolution if isinstance(layer, layers.Conv2D) else UpConvolution
    return Convolution if kind is layers.Conv2D else kind


def _is_by_two(layer: keras.Operation) -> bool:
    """Whether `DownConvolution` or `UpConvolution` can compute this layer."""
    return isinstance(layer, layers.Conv2D | layers.Conv2DTranspose) and (
        (layer.kernel_size, layer.strides, layer.padding) == ((4, 4), (2, 2), "same")
        and layer.activation is keras.activations.linear
    )
