"""Pictures larger than the network: the network takes them tile by tile, and the answers are blended."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.tasks import Field

Image = NDArray[Any]  # uint8, or uint16 of 16 bits
# Neighbouring tiles share at least this part of their side.
_OVERLAP = 1 / 4


class Grid(NamedTuple):
    """The places of the tiles on a picture.

    Attributes:
        lefts, tops: the first pixel of each column and of each row of tiles.
        height, width: the size of a tile in pixels.
    """

    lefts: list[int]
    tops: list[int]
    height: int
    width: int

    @property
    def columns(self) -> list[int]:
        """The columns of pixels with which a tile begins, or before which one ends, inside the picture."""
        return _borders(self.lefts, self.width)

    @property
    def rows(self) -> list[int]:
        """The rows of pixels with which a tile begins, or before which one ends, inside the picture."""
        return _borders(self.tops, self.height)

    @property
    def tiles(self) -> int:
        """The number of tiles."""
        return len(self.lefts) * len(self.tops)


def grid(height: int, width: int, field: Field) -> Grid:
    """Place tiles of the network's size on a picture. The places follow from the sizes alone.

    The first and the last tile touch the edges of the picture, and the others lie evenly between them, so every tile is
    filled with the picture. On a side that is shorter than the network's there is one tile.

    Args:
        height, width: the size of the picture in pixels.
        field: the network's input or target.
    """
    return Grid(_starts(width, field.width), _starts(height, field.height), field.height, field.width)


def _starts(length: int, side: int) -> list[int]:
    least = int(side * _OVERLAP)
    count = 1 + max(0, -(-(length - side) // (side - least)))
    return [int(start) for start in np.linspace(0, max(0, length - side), count).round()]


def _borders(starts: list[int], side: int) -> list[int]:
    return sorted({*starts[1:], *(start + side for start in starts[:-1])})


def translated(picture: Image, target: Field, generator: Callable[[Image], Image]) -> Image:
    """Translate a picture of any size that is at least the network's.

    Where tiles overlap, their answers are blended: the weight of a tile falls linearly to its border, and all weights
    of a pixel add up to 1. A label map is not blended, because a mixture of two label colours may be the colour of a
    third; each of its pixels is from the tile with the greatest weight. Beside the picture and the answer only one row
    of tiles is in memory.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`.
        target: the network's target, whose height and width are those of its input.
        generator: turns a tile of the network's size into its answer.

    Returns:
        `(height, width, channels of the target)`, of the dtype of the target.
    """
    height, width, _ = picture.shape
    places = grid(height, width, target)
    across = _weights(places.lefts, target.width, target.is_label)
    down = _weights(places.tops, target.height, target.is_label)
    answer = np.empty((height, width, target.channels), target.dtype)
    sums = np.zeros((target.height, width, target.channels), np.float32)
    for top, after, rows in zip(places.tops, [*places.tops[1:], height], down, strict=True):
        for left, columns in zip(places.lefts, across, strict=True):
            tile = generator(picture[top : top + target.height, left : left + target.width])
            sums[:, left : left + target.width] += tile * np.outer(rows, columns)[..., None]
        # No tile of the rows below reaches these lines.
        answer[top:after] = np.rint(sums[: after - top])
        sums = np.concatenate([sums[after - top :], np.zeros_like(sums[: after - top])])
    return answer


def _weights(starts: list[int], side: int, whole: bool) -> NDArray[np.float32]:
    """Return the weights of the pixels of each tile along one axis, float32 `(tiles, side)`.

    Args:
        starts: the first pixel of each tile.
        side: the pixels of a tile.
        whole: whether each pixel gets the tile alone in which it lies farthest from a border.
    """
    length = starts[-1] + side
    ramp = np.minimum(np.arange(1, side + 1), np.arange(side, 0, -1))
    heights = np.zeros((len(starts), length), np.float32)
    for row, start in zip(heights, starts, strict=True):
        row[start : start + side] = ramp
    if whole:
        heights = (heights.argmax(axis=0) == np.arange(len(starts))[:, None]).astype(np.float32)
    heights /= heights.sum(axis=0)
    return np.stack([row[start : start + side] for row, start in zip(heights, starts, strict=True)])
