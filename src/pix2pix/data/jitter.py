"""Random jitter and mirroring of examples: a pure function of (seed, epoch, position)."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base.pictures import resampled
from pix2pix.base.seeds import derive
from pix2pix.data.tasks import Example, Field, Task

Image = NDArray[np.uint8]


class Place(NamedTuple):
    """What jitter does to one example: the corner of the crop, in pixels, and whether it is mirrored."""

    top: int
    left: int
    turned: bool


@dataclass(frozen=True)
class Jitter:
    """Random jitter and mirroring (paper section 3.3, appendix 6.2), the same for all fields of an example.

    Attributes:
        task: the fields. All pictures and label maps have one size; a class does not change.
        scale: the factor by which both sides are enlarged before the random crop to the old size; 1 enlarges nothing.
        mirror: whether half of the examples are mirrored left to right.
        smooth: whether pictures are enlarged bicubically. Label and instance maps, and without it pictures, are
            enlarged by nearest neighbour.
    """

    task: Task
    scale: float
    mirror: bool
    smooth: bool

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures, in pixels."""
        (size,) = {(field.height, field.width) for field in self.task.fields if field.kind != "class"}
        return size

    @cached_property
    def enlarged(self) -> tuple[int, int]:
        """Height and width of the enlarged pictures, in pixels."""
        height, width = self.size
        return round(height * self.scale), round(width * self.scale)

    def places(self, count: int, seed: int, epoch: int) -> list[Place]:
        """Draw what jitter does to each example of an epoch, by its position; crop and mirroring are independent."""
        draws = np.random.default_rng([derive(seed, "jitter"), epoch]).random((count, 3))
        spare = np.subtract(self.enlarged, self.size)
        tops, lefts = (draws[:, :2] * (spare + 1)).astype(int).T.tolist()
        turned = (self.mirror & (draws[:, 2] < 0.5)).tolist()
        return [Place(*drawn) for drawn in zip(tops, lefts, turned, strict=True)]

    def __call__(self, example: Example, place: Place) -> dict[str, NDArray[np.generic]]:
        """Jitter one example: uint8 `(height, width, channels)` for each field, to the same shapes."""
        return {
            field.name: example[field.name] if field.kind == "class" else self._part(field, example[field.name], place)
            for field in self.task.fields
        }

    def _part(self, field: Field, picture: Image, place: Place) -> Image:
        """Compute the crop of the enlarged picture without computing the rest of it."""
        smooth = self.smooth and field.kind == "picture" and self.enlarged != self.size
        return self._bicubic(picture, place) if smooth else self._nearest(picture, place)

    def _bicubic(self, picture: Image, place: Place) -> Image:
        (height, width), (tall, wide) = self.size, self.enlarged
        top, left = place.top * height / tall, place.left * width / wide
        box = (left, top, left + width * width / wide, top + height * height / tall)
        part = resampled(picture, width, height, PillowImage.Resampling.BICUBIC, box)
        return part[:, ::-1] if place.turned else part

    def _nearest(self, picture: Image, place: Place) -> Image:
        height, _, channels = picture.shape
        rows, columns = (
            _sources(side, enlarged)[start : start + side]
            for side, enlarged, start in zip(self.size, self.enlarged, place[:2], strict=True)
        )
        columns = columns[::-1] if place.turned else columns
        # The indices count single values: NumPy's `take` is twice as fast with them as with pixels of three values.
        values = (channels * columns[:, None] + np.arange(channels)).ravel()
        return picture[rows].reshape(height, -1).take(values, axis=1, mode="clip").reshape(picture.shape)


def _sources(side: int, enlarged: int) -> NDArray[np.int64]:
    """Return, for each pixel of an enlarged side, the number of the pixel that it repeats."""
    # The middle of the enlarged pixel i lies at (i + ½) · side / enlarged in the original picture.
    return (2 * np.arange(enlarged) + 1) * side // (2 * enlarged)
