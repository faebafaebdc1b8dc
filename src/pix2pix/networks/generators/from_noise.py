"""The generator of DCGAN: a picture from noise (Radford et al. 2016; Foster 2023, chapter 4)."""

import keras
from keras import layers

from pix2pix.networks.blocks import KERNEL, Style
from pix2pix.networks.halvings import halvings
from pix2pix.networks.layers.upconvolution import UpConvolution


def generator(
    size: tuple[int, int] = (64, 64), style: Style | None = None, noise: int = 100, filters: int = 64, channels: int = 1
) -> keras.Model:
    """Build a network that makes a picture from noise.

    The first layer spreads the noise over the innermost map, 4x4 for 64x64. Each further layer doubles both sides. All
    but the last have BatchNorm and LeakyReLU.

    Args:
        size: height and width of the pictures in pixels, multiples of 32.
        style: see `Style`.
        noise: the number of values of the noise.
        filters: filters of the last layer but one; there are twice as many at each layer before, up to 8 times as many.
        channels: the channels of the pictures.

    Returns:
        A model from float32 `(batch, noise)` to `(batch, height, width, channels)` in [-1, 1]. At 64x64 in grey it has
        3,576,576 parameters.
    """
    style = (style or Style(seed=0)).of("generator")
    depth = halvings(size)
    widths = [filters * min(2**level, 8) for level in reversed(range(depth))]
    innermost = size[0] >> depth, size[1] >> depth

    given = keras.Input((noise,), name="noise")
    x = layers.Reshape((1, 1, noise), name="point")(given)
    x = style.conv("up_1", widths[0], 1, layers.Conv2DTranspose, kernel_size=innermost, padding="valid")(x)
    x = style.activation("up_1")(style.norm("up_1_norm")(x))
    for number, width in enumerate(widths[1:], start=2):
        x = style.conv(f"up_{number}", width, 2, UpConvolution)(x)
        x = style.activation(f"up_{number}")(style.norm(f"up_{number}_norm")(x))
    output = layers.Conv2DTranspose(
        channels,
        KERNEL,
        strides=2,
        padding="same",
        use_bias=False,
        activation="tanh",
        kernel_initializer=style.weights("output"),
        name="output",
    )(x)
    return keras.Model(given, output, name="generator")
