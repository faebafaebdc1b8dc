"""The generator: a U-Net with or without skip connections (paper section 3.2.1, appendix 6.1.1)."""

import keras
from keras import layers

from pix2pix.base.seeds import derive
from pix2pix.networks import lab
from pix2pix.networks.blocks import KERNEL, Style, down, up
from pix2pix.networks.halvings import whole_halvings
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.noise import planes
from pix2pix.networks.one_hot import Classes, one_hot

_DROPOUT_BLOCKS = 3


def generator(
    size: tuple[int, int] = (256, 256),
    style: Style | None = None,
    filters: int = 64,
    skips: bool = True,
    bottleneck_norm: bool = False,
    channels: tuple[int, int] = (3, 3),
    classes: Classes | None = None,
    depth: int | None = None,
    decoder_norm: bool = True,
    keeps_lightness: bool = False,
    dropout: bool = True,
    name: str = "generator",
    resized: bool = False,
    noise: int = 0,
) -> keras.Model:
    """Build a network that turns pictures into pictures.

    Each encoder block halves both sides, as often as both can be halved. Each decoder block doubles them and, in a
    U-Net, also sees the encoder's features of its size. So there are 8 encoder blocks for 256x256, whose innermost map
    is a single pixel, and 8 for 256x512, with an innermost map of 1x2. For 320x384 there are 6, down to 5x6.

    Args:
        size: height and width of the pictures in pixels; both are even.
        style: see `Style`; the tutorial's, from seed 0, by default.
        filters: filters of the first layer; they double with each layer up to 8 times as many.
        skips: whether there are skip connections (U-Net), or none (encoder-decoder).
        bottleneck_norm: whether the innermost map has BatchNorm. At batch 1, a map of 1x1 then keeps only the offset.
        channels: the channels of the picture that is read, and of the picture that is made.
        classes: where the picture that is read is a label map, and seen by its classes; see `one_hot`.
        depth: the most encoder blocks; None for as many as the size allows.
        decoder_norm: whether the decoder blocks have BatchNorm.
        keeps_lightness: whether the network makes a and b of CIELAB, and its picture keeps the lightness of the picture
            that is read (see `lab`); `channels` are then 1 and 3.
        dropout: whether the first blocks of the decoder have dropout.
        name: the network's name; with the seed it decides the first weights.
        resized: whether the decoder doubles pixels and convolves them, and has no transposed convolutions; see
            `blocks.enlarged`.
        noise: so many planes of noise join what the first block sees; see `noise.planes`.

    Returns:
        A model from float32 `(batch, height, width, channels[0])` in [-1, 1] to `(batch, height, width, channels[1])`
        in the same range. At 256x256 with `bottleneck_norm` it has the tutorial's 54,425,859 parameters.

    Raises:
        ValueError: the sides cannot be halved.
    """
    style = (style or Style(seed=0)).of(name)
    most = whole_halvings(size)
    if most == 0:
        raise ValueError(f"size = {size}: both sides must be even numbers above 0")
    depth = most if depth is None else min(depth, most)
    widths = [filters * min(2**level, 8) for level in range(depth)]

    picture = keras.Input((*size, channels[0]), name="input")
    x = one_hot(picture, classes) if classes else picture
    if noise:
        x = layers.Concatenate(name="noisy_input")([planes(picture, noise, derive(style.seed, "noise")), x])
    encoded = []
    for level, width in enumerate(widths):
        innermost = level == depth - 1
        norm = level > 0 and (bottleneck_norm or not innermost)
        x = down(x, style, f"down_{level + 1}", width, norm)
        encoded.append(x)

    for level in reversed(range(depth - 1)):
        number = depth - 1 - level
        dropped = dropout and number <= _DROPOUT_BLOCKS
        x = up(x, style, f"up_{number}", widths[level], dropped, decoder_norm, resized)
        if skips:
            x = layers.Concatenate(name=f"skip_{number}")([x, encoded[level]])

    output = _output(x, style, 2 if keeps_lightness else channels[1], resized)
    made = lab.with_lightness(picture, output) if keeps_lightness else output
    return keras.Model(picture, made, name=name)


def _output(x: keras.KerasTensor, style: Style, channels: int, resized: bool) -> keras.KerasTensor:
    """Double both sides for the last time, and give the values of the picture."""
    options = {"padding": "same", "activation": "tanh", "kernel_initializer": style.weights("output"), "name": "output"}
    if not resized:
        return layers.Conv2DTranspose(channels, KERNEL, strides=2, **options)(x)
    return Convolution(channels, 3, **options)(layers.UpSampling2D(2, name="output_resize")(x))
