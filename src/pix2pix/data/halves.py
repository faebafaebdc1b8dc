"""One picture file -> the fields of an example: the only place that knows left from right."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import Image, resized
from pix2pix.base.shown import shown
from pix2pix.data import channels, decoding
from pix2pix.data.picture_files import BETWEEN
from pix2pix.data.tasks import Task
from pix2pix.params import Half


class Read(NamedTuple):
    """The contents of a picture file.

    Attributes:
        example: the pixels of every field, in its shape and dtype.
        picture: the whole picture before any resizing, to look at: uint8 RGB `(height, width, 3)`. Halves of 16 bits
            are brightened until their largest value is white.
        width, height: the size of the whole picture before any resizing, in pixels.
        note: what was converted; see `decoding.decode`. The notes on two fields have `BETWEEN` between them.
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
        task: the task with the fields.
        halves: the half of the picture for each field; see `tasks.halves`.
        max_pixels: the most pixels that the whole picture may have. This is checked before it is decoded.

    Raises:
        DataError: the picture cannot be decoded or halved; the message does not name the file.
    """
    if all(task[name].asked.is_plain for name in halves):
        picture, note = decoding.rgb(data, partial(refuse, max_pixels))
        sides = cut(picture, halves)
    else:
        sides, note = _each(data, task, halves, max_pixels)
        picture = _to_look_at(sides, halves)
    height, width, _ = picture.shape
    fields = {
        name: resized(half, task[name].width, task[name].height, task[name].is_label) for name, half in sides.items()
    }
    return Read(fields, picture, width, height, note)


def _each(data: bytes, task: Task, halves: Mapping[str, Half], max_pixels: int) -> tuple[dict[str, Image], str | None]:
    """Decode each half as its field asks for it; return them, and the notes."""
    found = {
        name: decoding.decode(data, partial(refuse, max_pixels), task[name].asked, half)
        for name, half in halves.items()
    }
    notes = dict.fromkeys(note for _, note in found.values() if note)
    return {name: pixels for name, (pixels, _) in found.items()}, BETWEEN.join(notes) or None


def _to_look_at(sides: Mapping[str, Image], halves: Mapping[str, Half]) -> Image:
    """Put the halves beside each other again; see `Read.picture`."""
    return np.concatenate([shown(_bright(sides[name])) for name in sorted(halves, key=lambda name: halves[name])], 1)


def _bright(half: Image) -> Image:
    top = max(int(half.max()), 1)
    return half if half.dtype == np.uint8 else np.rint(half * (65535 / top)).astype(np.uint16)


def cut(picture: Image, halves: Mapping[str, Half]) -> dict[str, Image]:
    """Cut a picture into its two halves, by the names of the fields.

    Args:
        picture: `(height, width, channels)`, with an even width.
        halves: the half of the picture for each field.

    Returns:
        `{"input": …, "target": …}`, `(height, width / 2, channels)` each.
    """
    return {name: channels.cut(picture, half) for name, half in halves.items()}


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
