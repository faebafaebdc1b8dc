"""OASIS' discriminator: a U-Net that reads a class in each pixel, or that it is generated (Sushko et al. 2021)."""

import keras
from keras import layers

from pix2pix.networks.blocks import InstanceStyle, Style
from pix2pix.networks.halvings import whole_halvings
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.layers.spectral import spectral

# The filters of the encoder's blocks, as multiples of those of the first.
_WIDTHS = (1, 1, 2, 2, 4, 4)


def discriminator(
    size: tuple[int, int] = (256, 256),
    style: Style | None = None,
    filters: int = 128,
    classes: int = 12,
    channels: int = 3,
) -> keras.Model:
    """Build a network that reads pictures.

    Six residual blocks halve the sides, and six double them; each of these also sees the maps of its size. All
    convolutions but the last have spectral norm. Sides that cannot be halved six times have fewer blocks.

    Args:
        size: height and width of the pictures in pixels.
        style: see `InstanceStyle`; from seed 0 with LeakyReLU 0.2 by default.
        filters: filters of the first block; deeper ones have up to 4 times as many, and the last one half as many.
        classes: the number of classes.
        channels: the channels of the pictures.

    Returns:
        A model from float32 `(batch, height, width, channels)` in [-1, 1] to logits `(batch, height, width, 1 +
        classes)`; the first stands for "generated". With 35 classes it has 22,251,364 trained parameters.
    """
    style = (style or InstanceStyle(seed=0, leaky_slope=0.2)).of("discriminator")
    widths = [filters * times for times in _WIDTHS[: whole_halvings(size)]]
    picture = x = keras.Input((*size, channels), name="target")
    seen = []
    for level, width in enumerate(widths, start=1):
        x = _down(x, style, f"down_{level}", width, first=level == 1)
        seen.append(x)
    for number, width in enumerate([*widths[-2::-1], filters // 2], start=1):
        if number > 1:
            x = layers.Concatenate(name=f"skip_{number}")([seen[-number], x])
        x = _up(x, style, f"up_{number}", width)
    return keras.Model(picture, style.conv("logits", 1 + classes, 1, kernel_size=1)(x), name="discriminator")


def _down(x: keras.KerasTensor, style: Style, name: str, filters: int, first: bool) -> keras.KerasTensor:
    """Build a residual block that halves the sides; the first one begins with the picture, and so without LeakyReLU."""
    y = _conv(x if first else style.activation(f"{name}_a")(x), style, f"{name}_a", filters)
    y = _conv(style.activation(f"{name}_b")(y), style, f"{name}_b", filters)
    y, halve = layers.AveragePooling2D(2, name=f"{name}_half")(y), layers.AveragePooling2D(2, name=f"{name}_shortcut")
    x = _shortcut(halve(x), style, name, filters) if first else halve(_shortcut(x, style, name, filters))
    return layers.Add(name=f"{name}_sum")([x, y])


def _up(x: keras.KerasTensor, style: Style, name: str, filters: int) -> keras.KerasTensor:
    """Build a residual block that doubles the sides."""
    y = layers.UpSampling2D(2, name=f"{name}_double")(style.activation(f"{name}_a")(x))
    y = _conv(y, style, f"{name}_a", filters)
    y = _conv(style.activation(f"{name}_b")(y), style, f"{name}_b", filters)
    x = _shortcut(layers.UpSampling2D(2, name=f"{name}_shortcut")(x), style, name, filters)
    return layers.Add(name=f"{name}_sum")([x, y])


def _shortcut(x: keras.KerasTensor, style: Style, name: str, filters: int) -> keras.KerasTensor:
    """Bring maps to the number of channels that is wanted, where they have another one."""
    return x if x.shape[-1] == filters else _conv(x, style, f"{name}_shortcut", filters, kernel=1)


def _conv(x: keras.KerasTensor, style: Style, name: str, filters: int, kernel: int = 3) -> keras.KerasTensor:
    return style.conv(name, filters, 1, spectral(Convolution), kernel_size=kernel)(x)
