"""The generator: a U-Net, or the same without its skip connections (paper section 3.2.1, appendix 6.1.1)."""

import keras
from keras import layers

from pix2pix.networks.blocks import KERNEL, Style, down, up

DROPOUT_BLOCKS = 3


def generator(
    image_size: int = 256,
    style: Style | None = None,
    filters: int = 64,
    skips: bool = True,
    bottleneck_norm: bool = False,
) -> keras.Model:
    """A network from pictures to pictures.

    Each encoder block halves the side until one pixel is left; each decoder block doubles it and, in a U-Net, sees
    the encoder's features of its size too. So the depth follows from the size: 8 blocks down for 256.

    Args:
        image_size: side of the picture in pixels, a power of two.
        style: see `Style`; the tutorial's, from seed 0, by default.
        filters: filters of the first layer; they double up to 8 times as many.
        skips: U-Net (True) or encoder-decoder (False).
        bottleneck_norm: BatchNorm on the innermost 1x1 map. At batch 1 it leaves only the norm's offset there.

    Returns:
        A model from float32 `(batch, image_size, image_size, 3)` in [-1, 1] to the same.
        At 256 with `bottleneck_norm` it has the tutorial's 54,425,859 parameters.
    """
    style = (style or Style(seed=0)).of("generator")
    depth = image_size.bit_length() - 1
    widths = [filters * min(2**level, 8) for level in range(depth)]

    picture = x = keras.Input((image_size, image_size, 3), name="input")
    encoded = []
    for level, width in enumerate(widths):
        innermost = level == depth - 1
        norm = level > 0 and (bottleneck_norm or not innermost)
        x = down(x, style, f"down_{level + 1}", width, norm)
        encoded.append(x)

    for level in reversed(range(depth - 1)):
        number = depth - 1 - level
        x = up(x, style, f"up_{number}", widths[level], dropout=number <= DROPOUT_BLOCKS)
        if skips:
            x = layers.Concatenate(name=f"skip_{number}")([x, encoded[level]])

    output = layers.Conv2DTranspose(
        3,
        KERNEL,
        strides=2,
        padding="same",
        activation="tanh",
        kernel_initializer=style.weights("output"),
        name="output",
    )(x)
    return keras.Model(picture, output, name="generator")
