"""Residual blocks for networks without an adversary (He et al. 2016): the segmenter and the classifier."""

import keras
from keras import layers

from pix2pix.base.seeds import derive
from pix2pix.networks.blocks import Style
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.normalisation import Norm
from pix2pix.networks.layers.patchconvolution import PatchConvolution


def residual(
    x: keras.KerasTensor, style: Style, name: str, filters: int, stride: int, dilation: int = 1
) -> keras.KerasTensor:
    """Build two convolutions, and add their input to their output (He et al. 2016, figure 2).

    Args:
        x: the maps before them.
        style: see `Style`; the names of layers begin with `name`.
        name: the name of the block.
        filters: the channels that come out.
        stride: 2 halves the sides.
        dilation: of the second convolution.
    """
    y = normalised(x, style, f"{name}a", filters, stride=stride)
    y = layers.ReLU(name=f"{name}a_relu")(y)
    y = normalised(y, style, f"{name}b", filters, dilation=dilation)
    if stride > 1:
        # A kernel as wide as the stride skips no cell.
        x = normalised(x, style, f"{name}_shortcut", filters, kernel=stride, stride=stride)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([x, y]))


def normalised(
    x: keras.KerasTensor, style: Style, name: str, filters: int, kernel: int = 3, stride: int = 1, dilation: int = 1
) -> keras.KerasTensor:
    """Build a convolution without bias, and a BatchNorm; see `residual`."""
    kind = PatchConvolution if kernel == stride else Convolution
    x = kind(
        filters,
        kernel,
        stride,
        padding="same",
        dilation_rate=dilation,
        use_bias=False,
        kernel_initializer=style.he(name),
        name=f"{name}_conv",
    )(x)
    # A low momentum, so that the averages follow the weights even in a short training.
    return Norm(momentum=0.9, name=f"{name}_norm")(x)


def dropout(x: keras.KerasTensor, style: Style, name: str, rate: float) -> keras.KerasTensor:
    """Drop values at random while the network learns."""
    name = f"{name}_dropout"
    return layers.Dropout(rate, seed=derive(style.seed, name), name=name)(x)
