"""The files of one pair -> the fields of an example."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.data import class_ids, decoding, halves
from pix2pix.data.fit import changes_proportions, fitted
from pix2pix.data.layouts import BOTH
from pix2pix.data.tasks import Task
from pix2pix.params import Fit, Half
from pix2pix.params.palette import Colour

Image = NDArray[np.uint8]
# An input and a target whose proportions differ by more do not lie on each other.
_STRETCHED = 0.02


class Read(NamedTuple):
    """The contents of a pair's files.

    Attributes:
        example: the pixels of every field, uint8 `(height, width, 3)`, in the size of the field.
        full: the same before any resizing.
        both: the picture with both halves, uint8 RGB; None if each field has a file of its own.
        notes: what was converted to 8-bit sRGB, such as `CMYK`; None if nothing was.
    """

    example: dict[str, Image]
    full: dict[str, Image]
    both: Image | None
    note: str | None

    @property
    def size(self) -> tuple[int, int]:
        """The width and height, in pixels, of the picture with both halves, or of the target."""
        height, width, _ = (self.full["target"] if self.both is None else self.both).shape
        return width, height


def read(
    files: Mapping[str, bytes],
    task: Task,
    cut: Mapping[str, Half],
    max_pixels: int,
    fit: Fit = "resize",
    colours: Mapping[int, Colour] | None = None,
) -> Read:
    """Decode the files of a pair, and bring each field to its size; see `fit.fitted`.

    Args:
        files: the contents of the files by field, or one with both halves; see `layouts.Pairs`.
        task: the task with the fields.
        cut: the half of the picture for each field, where one file has both; see `tasks.halves`.
        max_pixels: the most pixels that a picture may have. This is checked before it is decoded.
        fit: how pictures of another size are brought to that of the field.
        colours: the colour of each class id that the files of label maps have; None if these have colours.

    Raises:
        DataError: a picture cannot be decoded, halved or used; the message does not name the file, but its field.
    """
    both = None
    if BOTH in files:
        both, note = decoding.rgb(files[BOTH], partial(halves.refuse, max_pixels))
        full = halves.cut(both, cut)
    else:
        parts = {
            name: _field(name, contents, colours if task[name].is_label else None, max_pixels)
            for name, contents in files.items()
        }
        full = {name: picture for name, (picture, _) in parts.items()}
        note = ", ".join(f"{name}: {told}" for name, (_, told) in parts.items() if told) or None
        _refuse_other_proportions(full)
    example = {
        name: fitted(picture, (task[name].height, task[name].width), fit, task[name].is_label)
        for name, picture in full.items()
    }
    return Read(example, full, both, note)


def _field(
    name: str, contents: bytes, colours: Mapping[int, Colour] | None, max_pixels: int
) -> tuple[Image, str | None]:
    """Decode the file of one field: its pixels as uint8 RGB, and what was converted."""
    refuse = partial(halves.refuse_large, max_pixels)
    try:
        if colours:
            return class_ids.painted(decoding.class_ids(contents, refuse), colours), None
        return decoding.rgb(contents, refuse)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None


def as_input(contents: bytes, colours: Mapping[int, Colour] | None, refuse: Callable[[int, int], None]) -> Image:
    """Decode one picture file that a trained model is to read, uint8 RGB `(height, width, 3)`.

    Args:
        contents: the file's contents.
        fit: how pictures of another size are brought to that of the field.
        colours: the colour of each class id, if the model reads label maps whose files had ids. A file with colours is
            taken as it is.
        refuse: see `decoding.rgb`.

    Raises:
        DataError: the picture cannot be decoded, or has ids that no class has.
    """
    if colours and decoding.is_grey(contents):
        return class_ids.painted(decoding.class_ids(contents, refuse), colours)
    return decoding.rgb(contents, refuse)[0]


def _refuse_other_proportions(full: Mapping[str, Image]) -> None:
    (height, width, _), (tall, wide, _) = full["input"].shape, full["target"].shape
    if changes_proportions((height, width), (tall, wide), by=_STRETCHED):
        raise DataError(
            f"the input has {width}x{height} pixels and the target {wide}x{tall}: other proportions, so they do not "
            "lie on each other; crop one of them"
        )
