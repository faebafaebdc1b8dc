"""The discriminator of DCGAN: one answer about the whole picture (Radford et al. 2016; Foster 2023, chapter 4)."""

import keras

from pix2pix.networks.blocks import Style, down
from pix2pix.networks.halvings import halvings


def discriminator(
    size: tuple[int, int] = (64, 64),
    style: Style | None = None,
    filters: int = 64,
    channels: int = 1,
    norm: bool = True,
) -> keras.Model:
    """Build a network that judges a whole picture by one logit.

    Blocks of stride 2 bring the picture down to 4x4, for 64x64 in four steps; all but the first have BatchNorm. Then
    one convolution covers the whole map. Dropout comes from `networks.regularised`.

    Args:
        size: height and width of the pictures in pixels, multiples of 32.
        style: see `Style`.
        filters: filters of the first layer; they double with each layer up to 8 times as many.
        channels: the channels of the pictures.
        norm: whether there is BatchNorm.

    Returns:
        A model from float32 `(batch, height, width, channels)` in [-1, 1] to logits `(batch, 1, 1, 1)`. At 64x64 in
        grey it has the book's 2,765,312 parameters, of which 2,763,520 are trained.
    """
    style = (style or Style(seed=0)).of("discriminator")
    picture = keras.Input((*size, channels), name="target")
    x, depth = picture, halvings(size)
    for level in range(depth):
        x = down(x, style, f"down_{level + 1}", filters * min(2**level, 8), norm=norm and level > 0)
    whole = size[0] >> depth, size[1] >> depth
    return keras.Model(picture, style.conv("logits", 1, 1, kernel_size=whole, padding="valid")(x), name="discriminator")
