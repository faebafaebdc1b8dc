"""One picture file -> the fields of an example: the only place that knows left from right."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized
from pix2pix.data import decoding
from pix2pix.data.tasks import Task
from pix2pix.params import Half

Image = NDArray[np.uint8]


class Read(NamedTuple):
    """What a picture file holds.

    Attributes:
        example: uint8 `(height, width, 3)` of every field, in the field's size.
        picture: the whole picture as it was, uint8 RGB `(height, width, 3)`.
        width, height: of the whole picture as it was, in pixels.
        note: what was converted, such as `CMYK`; None if nothing was.
    """

    example: dict[str, Image]
    picture: Image
    width: int
    height: int
    note: str | None


def read(data: bytes, task: Task, halves: Mapping[str, Half], max_pixels: int) -> Read:
    """Decode a picture, cut it in two, and bring each half to the size of its field; see `pictures.resized`.

    Args:
        data: a picture file.
        task: its fields.
        halves: the half that each field is; see `tasks.halves`.
        max_pixels: the most pixels the whole picture may have; known before it is decoded.

    Raises:
        DataError: it cannot be decoded, or cannot be two halves; the message does not name it.
    """
    picture, note = decoding.rgb(data, partial(refuse, max_pixels))
    height, width, _ = picture.shape
    fields = {
        name: resized(half, task[name].width, task[name].height, task[name].is_label)
        for name, half in cut(picture, halves).items()
    }
    return Read(fields, picture, width, height, note)


def cut(picture: Image, halves: Mapping[str, Half]) -> dict[str, Image]:
    """The two halves of a picture, by the name of the field that each is.

    Args:
        picture: uint8 RGB `(height, width, 3)`, of an even width.
        halves: the half that each field is.

    Returns:
        uint8 RGB `(height, width / 2, 3)` of every field: `{"input": …, "target": …}`.
    """
    middle = picture.shape[1] // 2
    sides = {"left": picture[:, :middle], "right": picture[:, middle:]}
    return {name: sides[half] for name, half in halves.items()}


def refuse_odd(width: int) -> None:
    """Refuse a picture that is so many pixels wide if that is no two halves.

    Raises:
        DataError: it is none.
    """
    if width < 2 or width % 2:
        raise DataError(f"{width} pixels wide: an even width is needed for two halves")


def refuse(max_pixels: int, width: int, height: int) -> None:
    """Refuse a picture by its size, in pixels, before it is decoded.

    Raises:
        DataError: it has more pixels than `max_pixels`, or no two halves.
    """
    if width * height > max_pixels:
        raise DataError(f"{width}x{height} are more pixels than prepare.max_pixels = {max_pixels}")
    refuse_odd(width)
