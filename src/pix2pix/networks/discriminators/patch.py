"""The patch discriminator: every answer judges one patch of the picture (paper section 3.2.2, appendix 6.1.2)."""

import keras
from keras import layers

from pix2pix.networks.blocks import Style, biased, down
from pix2pix.networks.one_hot import Classes, one_hot_or_hole

# The number of blocks of stride 2 before the last two convolutions of stride 1. The tutorial's discriminator has 3.
_STRIDED_BLOCKS = {16: 1, 70: 3, 286: 5}
_HALVED_FIELD, _HALVINGS = 94, 4


def discriminator(
    size: tuple[int, int] = (256, 256),
    style: Style | None = None,
    filters: int = 64,
    receptive_field: int = 70,
    conditional: bool = True,
    channels: tuple[int, int] = (3, 3),
    classes: Classes | None = None,
    norm: bool = True,
    name: str = "discriminator",
) -> keras.Model:
    """Build a network that judges a picture, and the input it should fit, by a map of logits, one for each patch.

    Args:
        size: height and width of the pictures in pixels.
        style: see `Style`; the tutorial's, from seed 0, by default.
        filters: filters of the first layer; they double with each layer up to 8 times as many.
        receptive_field: side in pixels of the patch that each logit sees: 1, 16, 70, 94 or 286. The network of 94 has
            another form: see `_halved`.
        conditional: whether the network also sees the generator's input (cGAN) or only the picture to judge (GAN).
        channels: the channels of the generator's input, and of the picture to judge.
        classes: where the generator's input is a label map that is judged by its classes; see `one_hot_or_hole`.
        norm: whether maps are normalised; without it, all convolutions have a bias.
        name: the network's name; with the seed it decides the first weights.

    Returns:
        A model from `[input, target]` (conditional) or `target`, float32 `(batch, height, width, channels)` in [-1, 1],
        to logits `(batch, rows, columns, 1)`. At 256x256 with 70x70 patches there are 30x30 logits, and the model has
        the tutorial's 2,770,433 parameters.
    """
    style = biased(style or Style(seed=0), norm).of(name)
    target = keras.Input((*size, channels[1]), name="target")
    pictures = [keras.Input((*size, channels[0]), name="input"), target] if conditional else target
    x = layers.Concatenate(name="pair")(_seen(pictures, classes)) if conditional else target
    return keras.Model(pictures, _logits(x, style, filters, receptive_field, norm), name=name)


def _logits(x: keras.KerasTensor, style: Style, filters: int, receptive_field: int, norm: bool) -> keras.KerasTensor:
    if receptive_field == 1:
        return _pixels(x, style, filters, norm)
    if receptive_field == _HALVED_FIELD:
        return _halved(x, style, filters, norm)
    return _patches(x, style, filters, receptive_field, norm)


def _seen(pictures: list[keras.KerasTensor], classes: Classes | None) -> list[keras.KerasTensor]:
    condition, target = pictures
    return [one_hot_or_hole(condition, classes) if classes else condition, target]


def _patches(x: keras.KerasTensor, style: Style, filters: int, receptive_field: int, norm: bool) -> keras.KerasTensor:
    blocks = _STRIDED_BLOCKS[receptive_field]
    for level in range(blocks):
        x = down(x, style, f"down_{level + 1}", filters * min(2**level, 8), norm=norm and level > 0)
    x = layers.ZeroPadding2D(name="last_pad")(x)
    x = style.conv("last", filters * min(2**blocks, 8), stride=1, padding="valid")(x)
    if norm:
        x = style.norm("last_norm")(x)
    x = style.activation("last")(x)
    x = layers.ZeroPadding2D(name="logits_pad")(x)
    return style.conv("logits", 1, stride=1, padding="valid", use_bias=True)(x)


def _halved(x: keras.KerasTensor, style: Style, filters: int, norm: bool) -> keras.KerasTensor:
    """Build the discriminator of the course's colourisation: C64-C128-C128-C128 of stride 2, then the logits.

    There is one logit for each square of 16x16 pixels, so there are 32x32 for a picture of 512x512.
    """
    for level in range(_HALVINGS):
        x = down(x, style, f"down_{level + 1}", filters * min(2**level, 2), norm=norm and level > 0)
    return style.conv("logits", 1, stride=1, use_bias=True)(x)


def _pixels(x: keras.KerasTensor, style: Style, filters: int, norm: bool) -> keras.KerasTensor:
    """Build the paper's 1x1 discriminator: C64-C128 with 1x1 kernels."""
    x = style.activation("down_1")(style.conv("down_1", filters, stride=1, kernel_size=1)(x))
    x = style.conv("last", 2 * filters, stride=1, kernel_size=1)(x)
    if norm:
        x = style.norm("last_norm")(x)
    x = style.activation("last")(x)
    return style.conv("logits", 1, stride=1, kernel_size=1, use_bias=True)(x)
