"""A generator that makes a picture from noise, and perhaps from a class (Radford et al. 2016; Foster 2023, ch. 4)."""

import keras
from keras import layers

from pix2pix.networks.blocks import KERNEL, Style
from pix2pix.networks.class_input import class_input
from pix2pix.networks.halvings import halvings
from pix2pix.networks.layers.upconvolution import UpConvolution


def generator(
    size: tuple[int, int] = (64, 64),
    style: Style | None = None,
    noise: int = 100,
    filters: int = 64,
    channels: int = 1,
    classes: int = 0,
    most: int = 8,
    output_bias: bool = False,
) -> keras.Model:
    """Build a network that makes a picture from noise.

    The first layer spreads the noise over the innermost map, 4x4 for 64x64. Each further layer doubles both sides. All
    but the last have BatchNorm and LeakyReLU.

    Args:
        size: height and width of the pictures in pixels, multiples of 32.
        style: see `Style`.
        noise: the number of values of the noise.
        filters: filters of the last layer but one; there are twice as many at each layer before, up to `most` times as
            many.
        channels: the channels of the pictures.
        classes: the number of classes, one of which the network is told beside the noise; 0 for none.
        most: the largest number of filters, as a multiple of `filters`.
        output_bias: whether the last layer has a bias.

    Returns:
        A model from float32 `(batch, noise)` and, if there are classes, int32 `(batch,)` to `(batch, height, width,
        channels)` in [-1, 1]. At 64x64 DCGAN's in grey has 3,576,576 parameters, and that of the conditional GAN in
        RGB, with `noise` 32, two classes and `most` 2, has 729,859.
    """
    style = (style or Style(seed=0)).of("generator")
    depth = halvings(size)
    widths = [filters * min(2**level, most) for level in reversed(range(depth))]
    innermost = size[0] >> depth, size[1] >> depth

    given = values = keras.Input((noise,), name="noise")
    inputs = [given]
    if classes:
        told = class_input(classes)
        inputs.append(told.ids)
        values = layers.Concatenate(name="noise_and_class")([given, told.code])
    x = layers.Reshape((1, 1, noise + classes), name="point")(values)
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
        use_bias=output_bias,
        activation="tanh",
        kernel_initializer=style.weights("output"),
        name="output",
    )(x)
    return keras.Model(inputs if classes else given, output, name="generator")
