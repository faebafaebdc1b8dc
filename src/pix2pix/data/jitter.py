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
    """Which of all the pictures that jitter can make: the corner of the crop, in pixels, and whether it is turned."""

    top: int
    left: int
    turned: bool


@dataclass(frozen=True)
class Jitter:
    """Random jitter and mirroring (paper section 3.3, appendix 6.2), the same for all fields of an example.

    Attributes:
        task: its pictures and label maps all have one size; a class stays as it is.
        scale: pictures are enlarged to this times each side, then cropped back at random; 1 leaves them.
        mirror: turn half of the examples left to right.
        smooth: enlarge pictures bicubically; else by nearest neighbour, as label maps are in any case.
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
        """What becomes of each example of an epoch, by its position; crop and turn are drawn independently."""
        draws = np.random.default_rng([derive(seed, "jitter"), epoch]).random((count, 3))
        spare = np.subtract(self.enlarged, self.size)
        tops, lefts = (draws[:, :2] * (spare + 1)).astype(int).T.tolist()
        turned = (self.mirror & (draws[:, 2] < 0.5)).tolist()
        return [Place(*drawn) for drawn in zip(tops, lefts, turned, strict=True)]

    def __call__(self, example: Example, place: Place) -> dict[str, NDArray[np.generic]]:
        """Jitter one example: uint8 `(height, width, channels)` a field, to the same."""
        return {
            field.name: example[field.name] if field.kind == "class" else self._part(field, example[field.name], place)
            for field in self.task.fields
        }

    def _part(self, field: Field, picture: Image, place: Place) -> Image:
        """What is left of the enlarged picture, which as a whole is never made."""
        smooth = self.smooth and not field.is_label and self.enlarged != self.size
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
        # Byte by byte: NumPy's `take` is twice as fast with single values as with pixels of three.
        values = (channels * columns[:, None] + np.arange(channels)).ravel()
        return picture[rows].reshape(height, -1).take(values, axis=1, mode="clip").reshape(picture.shape)


def _sources(side: int, enlarged: int) -> NDArray[np.int64]:
    """The pixel that each pixel of an enlarged side repeats."""
    # The middle of pixel i of the enlarged picture lies at (i + ½) · side / enlarged of the picture.
    return (2 * np.arange(enlarged) + 1) * side // (2 * enlarged)
