"""The generator of residual blocks (Johnson et al. 2016), as CycleGAN (Zhu et al. 2017) and pix2pixHD have it."""

from functools import partial

import keras
from keras import layers
from keras.src.ops.numpy import Pad

from pix2pix.networks.blocks import InstanceStyle, Style
from pix2pix.networks.condition import as_given, condition
from pix2pix.networks.one_hot import Classes


def generator(
    size: tuple[int, int] = (256, 256),
    style: Style | None = None,
    filters: int = 64,
    blocks: int = 9,
    channels: tuple[int, int] = (3, 3),
    name: str = "generator",
    halvings: int = 2,
    classes: Classes | None = None,
    instances: bool = False,
) -> keras.Model:
    """Build a network that turns pictures into pictures.

    A 7x7 convolution, 3x3 convolutions of stride 2, the residual blocks, as many transposed 3x3 convolutions of stride
    2, and a 7x7 convolution with tanh. Before all convolutions of stride 1 the pictures are continued by reflection.

    Args:
        size: height and width of the pictures in pixels; both are multiples of 2 to the power of `halvings`.
        style: see `InstanceStyle`; from seed 0 with the paper's values by default.
        filters: filters of the first layer; they double with each halving of the sides.
        blocks: the number of residual blocks: 9 in the papers, 6 in CycleGAN for pictures of 128x128.
        channels: the channels of the picture that is read, and of the picture that is made.
        name: the network's name; with the seed it decides the first weights.
        halvings: how often both sides are halved before the residual blocks: 2 in CycleGAN, 4 in pix2pixHD's global
            generator.
        classes: where the picture that is read is a label map, and seen by its classes; see `one_hot`.
        instances: whether the network reads instance maps, too; see `condition`.

    Returns:
        A model from float32 `(batch, height, width, channels[0])` in [-1, 1] to `(batch, height, width, channels[1])`
        in the same range; with instances from a list of two, see `Condition.inputs`. With 9 blocks it has the
        parameters of the authors' code: 11,378,179 in CycleGAN, and 182,443,267 in pix2pixHD from RGB to RGB.
    """
    style = (style or InstanceStyle(seed=0)).of(name)
    inputs, seen = condition(size, channels[0], classes, instances)
    x = _normed(_reflected(seen, style, "enter", filters, 7), style, "enter")
    for level in range(1, halvings + 1):
        x = _halved(x, style, f"down_{level}", filters * 2**level)
    for number in range(1, blocks + 1):
        x = _residual(x, style, f"block_{number}")
    for level in reversed(range(halvings)):
        x = _doubled(x, style, f"up_{halvings - level}", filters * 2**level)
    return keras.Model(as_given(inputs), _reflected(x, style, "leave", channels[1], 7, activation="tanh"), name=name)


def _reflected(
    x: keras.KerasTensor, style: Style, name: str, filters: int, kernel: int, activation: str | None = None
) -> keras.KerasTensor:
    """Convolve at stride 1; beyond the edge the picture goes on as in a mirror."""
    edge = (kernel // 2, kernel // 2)
    x = Pad(((0, 0), edge, edge, (0, 0)), mode="reflect", name=f"{name}_pad")(x)
    return style.conv(name, filters, stride=1, kernel_size=kernel, padding="valid", activation=activation)(x)


def _normed(x: keras.KerasTensor, style: Style, name: str) -> keras.KerasTensor:
    return layers.ReLU(name=f"{name}_relu")(style.norm(f"{name}_norm")(x))


def _halved(x: keras.KerasTensor, style: Style, name: str, filters: int) -> keras.KerasTensor:
    # Torch pads both edges by one pixel; "same" would pad only the far one.
    x = layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    return _normed(style.conv(name, filters, 2, kernel_size=3, padding="valid")(x), style, name)


def _doubled(x: keras.KerasTensor, style: Style, name: str, filters: int) -> keras.KerasTensor:
    # Torch, with a padding of 1 at the near edge, leaves out the first line of each side and keeps the last.
    x = style.conv(name, filters, 2, layers.Conv2DTranspose, kernel_size=3, padding="valid")(x)
    return _normed(layers.Cropping2D(((1, 0), (1, 0)), name=f"{name}_crop")(x), style, name)


def _residual(x: keras.KerasTensor, style: Style, name: str) -> keras.KerasTensor:
    """Add what two 3x3 convolutions make of the maps to the maps."""
    conv = partial(_reflected, style=style, filters=x.shape[-1], kernel=3)
    inner = _normed(conv(x, name=f"{name}_first"), style, f"{name}_first")
    return layers.Add(name=f"{name}_sum")([x, style.norm(f"{name}_last_norm")(conv(inner, name=f"{name}_last"))])
