"""What a network reads of an example: its input, a label map by its classes, and the edges of instances."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
from keras import layers

from pix2pix.networks.instance_edges import edges
from pix2pix.networks.one_hot import Classes, one_hot


class Condition(NamedTuple):
    """The inputs of a network, and what its first layer sees of them.

    Attributes:
        inputs: the picture or label map, float32 `(batch, height, width, channels)` in [-1, 1], and, with instances,
            their ids in the same scale, `(batch, height, width, 1)`.
        planes: float32 `(batch, height, width, any)`.
    """

    inputs: list[keras.KerasTensor]
    planes: keras.KerasTensor


def condition(
    size: tuple[int, int],
    channels: int,
    classes: Classes | None,
    instances: bool,
    encoded: Callable[[keras.KerasTensor, Classes], keras.KerasTensor] = one_hot,
) -> Condition:
    """Build the inputs.

    Args:
        size: height and width in pixels.
        channels: the channels of the picture or label map.
        classes: where a label map is seen by its classes; see `one_hot`.
        instances: whether there are instance maps, whose edges are the last plane; see `edges`.
        encoded: turns the label map into planes of its classes.
    """
    picture = keras.Input((*size, channels), name="input")
    seen = encoded(picture, classes) if classes else picture
    if not instances:
        return Condition([picture], seen)
    ids = keras.Input((*size, 1), name="instances")
    return Condition([picture, ids], layers.Concatenate(name="planes")([seen, edges(ids)]))


def as_given(values: list[Any]) -> Any:
    """Return the inputs of a network as Keras takes them: one by itself, several as a list."""
    return values if len(values) > 1 else values[0]
