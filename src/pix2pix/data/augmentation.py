"""Augmentation of examples beyond jitter: a pure function of (seed, epoch, position), the same for all fields."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pix2pix.base.seeds import derive
from pix2pix.data.channels import brought
from pix2pix.data.jitter import Jitter, Place
from pix2pix.data.tasks import Example, Field, Task

Values = NDArray[Any]
# The weights of red, green and blue in what the eye sees as grey (ITU-R BT.601).
_GREY = np.array([0.299, 0.587, 0.114])


class Draw(NamedTuple):
    """What augmentation does to one example.

    Attributes:
        angle: by which it is rotated, in radians.
        zoom: the factor by which it is enlarged.
        brightness, contrast, saturation: the factors by which the colours of pictures change.
        top, left: where the square that is cut out of the input lies, as shares of the room that it has, in [0, 1).
    """

    angle: float
    zoom: float
    brightness: float
    contrast: float
    saturation: float
    top: float
    left: float


@dataclass(frozen=True)
class Augmentation:
    """Rotation, enlargement, colours and cutout.

    Attributes:
        task: the fields; a class does not change.
        rotation: the largest angle in either direction, in degrees.
        zoom: the largest factor by which an example is enlarged or reduced. Outside, it goes on as in a mirror.
        colour: how far brightness, contrast and saturation of pictures go from 1. Label maps keep their colours.
        cutout: the side of a black square in the input, as a share of the smaller side (DeVries & Taylor 2017). In an
            instance map the square has the id 0.
        grey_input: whether the input is the grey of the target, and stays so when the target gets other colours.
    """

    task: Task
    rotation: float = 0
    zoom: float = 1
    colour: float = 0
    cutout: float = 0
    grey_input: bool = False

    def places(self, count: int, seed: int, epoch: int) -> list[Draw]:
        """Draw what happens to each example of an epoch, by its position."""
        draws = np.random.default_rng([derive(seed, "augmentation"), epoch]).random((count, len(Draw._fields)))
        both = 2 * draws - 1
        angles = np.radians(self.rotation) * both[:, 0]
        zooms = np.exp(math.log(self.zoom) * both[:, 1])
        drawn = np.column_stack([angles, zooms, 1 + self.colour * both[:, 2:5], draws[:, 5:]])
        return [Draw(*row) for row in drawn.tolist()]

    def __call__(self, example: Example, draw: Draw) -> Example:
        """Augment one example: integers `(height, width, channels)` for each picture and label map, to the same shapes.

        Pictures are interpolated, label and instance maps take the nearest pixel. Without any augmentation the values
        are the same.
        """
        moved = {field.name: self._part(field, example[field.name], draw) for field in self.task.fields}
        if self.grey_input and self.colour:
            moved["input"] = brought(moved["target"], 1)
        if self.cutout:
            moved |= {field.name: self._cut(moved[field.name], draw) for field in self.task.read}
        return moved

    def _part(self, field: Field, values: Values, draw: Draw) -> Values:
        if field.kind == "class":
            return values
        if self.rotation or self.zoom != 1:
            values = _moved(values, draw, order=1 if field.kind == "picture" else 0)
        return _recoloured(values, draw) if self.colour and field.kind == "picture" else values

    def _cut(self, values: Values, draw: Draw) -> Values:
        height, width, _ = values.shape
        side = round(self.cutout * min(height, width))
        top, left = int(draw.top * (height - side + 1)), int(draw.left * (width - side + 1))
        cut = values.copy()
        cut[top : top + side, left : left + side] = 0
        return cut


@dataclass(frozen=True)
class AugmentedAndJittered:
    """Augmentation, then jitter."""

    augmentation: Augmentation
    jitter: Jitter

    def places(self, count: int, seed: int, epoch: int) -> list[tuple[Draw, Place]]:
        """Draw what happens to each example of an epoch, by its position."""
        return list(zip(*(each.places(count, seed, epoch) for each in (self.augmentation, self.jitter)), strict=True))

    def __call__(self, example: Example, place: tuple[Draw, Place]) -> Example:
        """Augment and jitter one example, to the same shapes and dtypes."""
        drawn, crop = place
        return self.jitter(self.augmentation(example, drawn), crop)


def _moved(values: Values, draw: Draw, order: int) -> Values:
    """Rotate values counter-clockwise about their middle and enlarge them; `order` 0 takes the nearest pixel."""
    cos, sin = math.cos(draw.angle) / draw.zoom, math.sin(draw.angle) / draw.zoom
    matrix = np.array([[cos, sin], [-sin, cos]])
    middle = (np.array(values.shape[:2]) - 1) / 2
    start = middle - matrix @ middle
    channels = [
        ndimage.affine_transform(channel, matrix, start, order=order, mode="mirror")
        for channel in np.moveaxis(values, -1, 0)
    ]
    return np.stack(channels, axis=-1)


def _recoloured(values: Values, draw: Draw) -> Values:
    """Change brightness, contrast about the mean, and, of three channels, saturation."""
    most = np.iinfo(values.dtype).max
    changed = values * draw.brightness
    mean = changed.mean()
    changed = mean + (changed - mean) * draw.contrast
    if values.shape[2] == len(_GREY):
        grey = (changed @ _GREY)[..., None]
        changed = grey + (changed - grey) * draw.saturation
    return np.clip(np.rint(changed), 0, most).astype(values.dtype)
