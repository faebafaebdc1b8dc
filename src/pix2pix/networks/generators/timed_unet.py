"""A U-Net that is told a time: the generator of a system that makes a picture in several steps.

Its blocks are those of the U-Net of Ho et al. 2020 (appendix B), smaller: one residual block a level, no attention, and
no normalisation, which a CPU pays for and which residual blocks that begin as the identity do without (Zhang, Dauphin &
Ma 2019).
"""

import keras
import numpy as np
from keras import layers
from keras.src.ops.numpy import Cos, Multiply, Sin

from pix2pix.networks.blocks import Style
from pix2pix.networks.halvings import whole_halvings
from pix2pix.networks.layers.convolution import Convolution
from pix2pix.networks.one_hot import Classes, one_hot

# The time is seen as the sines and cosines of so many frequencies, from `_FASTEST` radians down to 1 (Vaswani et al.
# 2017, section 3.5, for a number from 0 to 1).
_FREQUENCIES, _FASTEST = 16, 32
# A level has at most so many times the filters of the first one.
_WIDEST = 8


def generator(
    size: tuple[int, int],
    style: Style,
    filters: int,
    depth: int,
    channels: tuple[int, int] = (3, 3),
    classes: Classes | None = None,
    name: str = "generator",
) -> keras.Model:
    """Build a network that answers about a place on the way to a target, from what it sees there, time, and input.

    Args:
        size: height and width of the pictures in pixels.
        style: gives the first weights, by names.
        filters: filters of the first level; they double with each level up to 8 times as many.
        depth: the most levels; each halves the sides of the one before, as often as both can be halved.
        channels: the channels of the input, and those of the target, which are also those of the state.
        classes: where the input is a label map, and seen by its classes; see `one_hot`.
        name: the network's name; with the seed it decides the first weights.

    Returns:
        A model of `[state, time, input]`, float32 `(batch, height, width, channels[1])`, `(batch, 1)` from 0 to 1 and
        `(batch, height, width, channels[0])` in [-1, 1], to float32 `(batch, height, width, channels[1])`, which no
        activation bounds. Before training its answer is 0 everywhere.
    """
    style = style.of(name)
    depth = min(depth, 1 + whole_halvings(size))
    widths = [filters * min(2**level, _WIDEST) for level in range(depth)]
    state, time = keras.Input((*size, channels[1]), name="state"), keras.Input((1,), name="time")
    given = keras.Input((*size, channels[0]), name="input")
    code = _code(time, style, 4 * filters)

    x = layers.Concatenate(name="seen")([state, one_hot(given, classes) if classes else given])
    x = _conv(style, "first", filters)(x)
    skips = []
    for level, width in enumerate(widths):
        if level:
            x = _conv(style, f"down_{level}", width, stride=2)(x)
        x = _block(x, code, style, f"encoder_{level}", width)
        skips.append(x)
    x = _block(x, code, style, "middle", widths[-1])
    for level in reversed(range(depth - 1)):
        x = layers.UpSampling2D(2, name=f"up_{level}")(_conv(style, f"narrow_{level}", widths[level])(x))
        x = layers.Concatenate(name=f"skip_{level}")([x, skips[level]])
        x = _block(x, code, style, f"decoder_{level}", widths[level])
    answer = _conv(style, "output", channels[1], zero=True)(layers.ReLU(name="output_relu")(x))
    return keras.Model([state, time, given], answer, name=name)


def _code(time: keras.KerasTensor, style: Style, width: int) -> keras.KerasTensor:
    """Return what the blocks see of the time, `(batch, width)`."""
    places = np.arange(_FREQUENCIES, dtype=np.float32) / (_FREQUENCIES - 1)
    angles = Multiply(name="time_angles")(time, (_FASTEST ** (1 - places))[None])
    waves = [kind(name=f"time_{kind.__name__.lower()}")(angles) for kind in (Sin, Cos)]
    code = layers.Concatenate(name="time_waves")(waves)
    return layers.Dense(width, activation="relu", kernel_initializer=style.he("time"), name="time_code")(code)


def _block(x: keras.KerasTensor, code: keras.KerasTensor, style: Style, name: str, filters: int) -> keras.KerasTensor:
    """Add two convolutions to the maps; between them each channel learns the time. It begins as the identity."""
    y = _conv(style, f"{name}a", filters)(layers.ReLU(name=f"{name}a_relu")(x))
    shift = layers.Dense(filters, kernel_initializer=style.he(f"{name}_time"), name=f"{name}_time")(code)
    y = layers.Add(name=f"{name}_timed")([y, layers.Reshape((1, 1, filters), name=f"{name}_shift")(shift)])
    y = _conv(style, f"{name}b", filters, zero=True)(layers.ReLU(name=f"{name}b_relu")(y))
    if x.shape[-1] != filters:
        x = _conv(style, f"{name}_shortcut", filters, kernel=1)(x)
    return layers.Add(name=f"{name}_sum")([x, y])


def _conv(style: Style, name: str, filters: int, kernel: int = 3, stride: int = 1, zero: bool = False) -> layers.Layer:
    """Return a convolution with a bias; `zero` lets it begin with weights of 0."""
    weights = keras.initializers.Zeros() if zero else style.he(name)
    return Convolution(filters, kernel, stride, padding="same", kernel_initializer=weights, name=f"{name}_conv")
