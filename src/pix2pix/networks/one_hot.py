"""Label maps as networks may see them: one channel for each class, instead of three of colours.

The encoding is a part of the network, so everything outside of it gives label maps in their colours. It has no weights,
and consists of Keras' own operations: whoever loads a saved network needs no code of this project.
"""

from typing import Protocol

import keras
import numpy as np
from keras.src.ops.core import Cast
from keras.src.ops.nn import OneHot
from keras.src.ops.numpy import Absolute, Add, Argmax, Matmul, Max, Multiply, Round, Sign, Subtract
from numpy.typing import NDArray

# More than there are classes, so that the place of a class in the palette decides between equal distances only.
_PLACES = 256


class Classes(Protocol):
    """The colours of the classes; see `data.labels.Palette`."""

    @property
    def colours(self) -> NDArray[np.uint8]:
        """Uint8 `(classes, 3)`, RGB."""

    @property
    def no_class(self) -> tuple[int, int, int] | None:
        """The colour of pixels that have no class, RGB; None if every pixel has one."""


def one_hot(picture: keras.KerasTensor, classes: Classes) -> keras.KerasTensor:
    """Give each pixel 1 in the channel of its class and 0 in the others, as pix2pixHD (Wang et al. 2018) and SPADE do.

    A pixel's class is that of the nearest colour (Euclidean in RGB; the first of a tie), exactly as `Palette.classes`
    has it. A pixel without a class has 0 in all channels.

    Args:
        picture: label maps in colours of 8 bits, float32 `(batch, height, width, 3)` in [-1, 1]. bfloat16 would not do:
            it mixes up neighbouring colours.
        classes: the colours.

    Returns:
        float32 `(batch, height, width, classes)`, 0 or 1.
    """
    without = [] if classes.no_class is None else [classes.no_class]
    colours = np.array([*classes.colours.tolist(), *without], np.int32)
    # The squared distance to a colour c is |p|² - 2 c·p + |c|², and |p|² is the same for all. `_PLACES` times that is
    # below 2³¹. The products are multiples of 512 below 2²⁴ · 512, so float32 is exact, and so is TF32.
    towards = np.float32(2 * _PLACES * colours.T)
    away = _PLACES * (colours**2).sum(axis=1, dtype=np.int32) + np.arange(len(colours), dtype=np.int32)
    # The operations have names of their own, because those that Keras counts up depend on what was built before.
    levels = Round(name="levels")(Add(name="raised")(Multiply(name="scaled")(picture, 127.5), 127.5))
    products = Cast("int32", name="whole_products")(Matmul(name="products")(levels, towards))
    nearest = Argmax(axis=-1, name="nearest")(Subtract(name="nearness")(products, away))
    # The place after the last class has no channel.
    return OneHot(len(classes.colours), dtype="float32", name="one_hot")(nearest)


def one_hot_or_hole(picture: keras.KerasTensor, classes: Classes) -> keras.KerasTensor:
    """Give a discriminator the classes of an input that DiffAugment may have moved, and cut holes into.

    In a hole a pixel is 0 in all channels, and no colour of 8 bits has this value in [-1, 1]. Such a pixel has no
    class. All others are encoded as by `one_hot`.
    """
    there = Sign(name="there")(Max(axis=-1, keepdims=True, name="farthest")(Absolute(name="distance")(picture)))
    return Multiply(name="classes_or_hole")(one_hot(picture, classes), there)
