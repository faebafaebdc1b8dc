"""One picture file -> the fields of an example: the only place that knows left from right."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.data import decoding
from pix2pix.data.fit import fitted
from pix2pix.data.tasks import Task
from pix2pix.params import Fit, Half

Image = NDArray[np.uint8]


class Read(NamedTuple):
    """The contents of a picture file.

    Attributes:
        example: the pixels of every field, uint8 `(height, width, 3)`, in the size of the field.
        picture: the whole picture before any resizing, uint8 RGB `(height, width, 3)`.
        width, height: the size of the whole picture before any resizing, in pixels.
        note: the kind that was converted to sRGB, such as `CMYK`; None if the picture was that already.
    """

    example: dict[str, Image]
    picture: Image
    width: int
    height: int
    note: str | None


def read(data: bytes, task: Task, halves: Mapping[str, Half], max_pixels: int, fit: Fit = "resize") -> Read:
    """Decode a picture, cut it in two, and bring each half to the size of its field; see `fit.fitted`.

    Args:
        data: a picture file.
        task: the task with the fields.
        halves: the half of the picture for each field; see `tasks.halves`.
        max_pixels: the most pixels that the whole picture may have. This is checked before it is decoded.
        fit: how halves of another size are brought to that of the field.

    Raises:
        DataError: the picture cannot be decoded or halved; the message does not name the file.
    """
    picture, note = decoding.rgb(data, partial(refuse, max_pixels))
    height, width, _ = picture.shape
    fields = {
        name: fitted(half, (task[name].height, task[name].width), fit, task[name].is_label)
        for name, half in cut(picture, halves).items()
    }
    return Read(fields, picture, width, height, note)


def cut(picture: Image, halves: Mapping[str, Half]) -> dict[str, Image]:
    """Cut a picture into its two halves, by the names of the fields.

    Args:
        picture: uint8 RGB `(height, width, 3)`, with an even width.
        halves: the half of the picture for each field.

    Returns:
        `{"input": …, "target": …}`, uint8 RGB `(height, width / 2, 3)` each.
    """
    middle = picture.shape[1] // 2
    sides = {"left": picture[:, :middle], "right": picture[:, middle:]}
    return {name: sides[half] for name, half in halves.items()}


def refuse_odd(width: int) -> None:
    """Refuse a picture whose width, in pixels, cannot be halved.

    Raises:
        DataError: the width is odd.
    """
    if width < 2 or width % 2:
        raise DataError(f"{width} pixels wide: an even width is needed for two halves")


def refuse(max_pixels: int, width: int, height: int) -> None:
    """Refuse a picture by its size, in pixels, before it is decoded.

    Raises:
        DataError: it has more pixels than `max_pixels`, or no two halves.
    """
    if width * height > max_pixels:
        raise DataError(f"{width}x{height} has more pixels than prepare.max_pixels = {max_pixels}")
    refuse_odd(width)
