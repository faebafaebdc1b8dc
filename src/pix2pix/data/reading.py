"""The files of one example -> its fields."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.shown import shown
from pix2pix.data import class_ids, decoding, halves
from pix2pix.data.channels import brought
from pix2pix.data.fit import STRETCHED, changes_proportions, fitted
from pix2pix.data.layouts import BOTH
from pix2pix.data.picture_files import BETWEEN
from pix2pix.data.tasks import Field, Task
from pix2pix.params import Fit, Half
from pix2pix.params.palette import Colour

Image = NDArray[Any]


class Read(NamedTuple):
    """The contents of an example's files.

    Attributes:
        example: the pixels of every field, in its shape and dtype.
        full: the same before any resizing, `(height, width, channels)`.
        halved: whether the fields are halves of one picture.
        note: what was converted; see `decoding.decode`. The notes on two fields have `BETWEEN` between them.
    """

    example: dict[str, Image]
    full: dict[str, Image]
    halved: bool
    note: str | None

    @property
    def size(self) -> tuple[int, int]:
        """The width and height, in pixels, of the picture with two halves, or of the target."""
        height, width, _ = self.full["target"].shape
        return width * 2 if self.halved else width, height

    def to_look_at(self) -> dict[str, NDArray[np.uint8]]:
        """Return the fields before any resizing as they are shown, uint8 RGB, those of 16 bits as bright as can be.

        Instance maps are not shown, because ids have no colours.
        """
        return {name: shown(_bright(full)) for name, full in self.full.items() if name != "instances"}


def read(
    files: Mapping[str, bytes],
    task: Task,
    cut: Mapping[str, Half],
    max_pixels: int,
    fit: Fit = "resize",
    colours: Mapping[int, Colour] | None = None,
    paired: bool = True,
) -> Read:
    """Decode the files of an example, and bring each field to its size; see `fit.fitted`.

    Args:
        files: the contents of the files by field, or one with both halves; see `layouts.Pairs`.
        task: the task with the fields. An input without a file is the grey of the target.
        cut: the half of the picture for each field, where one file has both; see `tasks.halves`.
        max_pixels: the most pixels that a picture may have. This is checked before it is decoded.
        fit: how pictures of another size are brought to that of the field.
        colours: the colour of each class id that the files of label maps have; None if these have colours.
        paired: whether the input belongs to the target, and so needs the same proportions.

    Raises:
        DataError: a picture cannot be decoded, halved or used; the message does not name the file, but its field.
    """
    if BOTH in files:
        full, notes = _halves(files[BOTH], task, cut, partial(halves.refuse, max_pixels))
    else:
        parts = {name: _field(task[name], each, colours, max_pixels) for name, each in files.items()}
        full = {name: picture for name, (picture, _) in parts.items()}
        notes = [told for _, told in parts.values()]
        if paired and "input" in full:
            _refuse_other_proportions(full)
        if "instances" in full:
            refuse_other_size(full["instances"], full["input"])
    example = {
        name: fitted(picture, (task[name].height, task[name].width), fit, task[name].kind != "picture")
        for name, picture in full.items()
    }
    if task.given and "input" not in full:
        full, example = _with_grey(full, task.given), _with_grey(example, task.given)
    told = dict.fromkeys(note for note in notes if note)
    return Read(example, full, BOTH in files, BETWEEN.join(told) or None)


def _with_grey(pictures: dict[str, Image], field: Field) -> dict[str, Image]:
    """Add the input that has no file of its own: the target in other channels, which for one channel is its grey."""
    return {"input": brought(pictures["target"], field.channels), **pictures}


def _halves(
    contents: bytes, task: Task, cut: Mapping[str, Half], refuse: decoding.Refuse
) -> tuple[dict[str, Image], list[str | None]]:
    """Decode the halves of a picture as their fields ask for it; return them, and what was converted."""
    if all(task[name].asked.is_plain for name in cut):
        picture, note = decoding.rgb(contents, refuse)
        return halves.cut(picture, cut), [note]
    found = {name: decoding.decode(contents, refuse, task[name].asked, half) for name, half in cut.items()}
    return {name: pixels for name, (pixels, _) in found.items()}, [note for _, note in found.values()]


def _field(
    field: Field, contents: bytes, colours: Mapping[int, Colour] | None, max_pixels: int
) -> tuple[Image, str | None]:
    """Decode the file of one field as it asks for it; return it, and what was converted."""
    refuse = partial(halves.refuse_large, max_pixels)
    try:
        if field.kind == "instance map":
            return as_instances(contents, refuse), None
        if field.is_label and colours:
            return class_ids.painted(decoding.class_ids(contents, refuse), colours), None
        return decoding.decode(contents, refuse, field.asked)
    except DataError as error:
        raise DataError(f"{field.name}: {error}") from None


def as_instances(contents: bytes, refuse: decoding.Refuse) -> Image:
    """Decode the file of an instance map, uint16 `(height, width, 1)`.

    Args:
        contents: the file's contents: one value for each pixel, of 8 or 16 bits.
        refuse: see `decoding.decode`.

    Raises:
        DataError: the picture cannot be decoded, or does not hold ids as they were saved.
    """
    return decoding.class_ids(contents, refuse).astype(np.uint16)[..., None]


def refuse_other_size(instances: Image, label_map: Image) -> None:
    """Refuse an instance map that has another size than its label map.

    Raises:
        DataError: it has.
    """
    (height, width, _), (tall, wide, _) = instances.shape, label_map.shape
    if (height, width) != (tall, wide):
        sizes = f"{width}x{height} pixels and the label map {wide}x{tall}"
        raise DataError(f"the instance map has {sizes}; both have to have one size")


def _bright(field: Image) -> Image:
    top = max(int(field.max()), 1)
    return field if field.dtype == np.uint8 else np.rint(field * (65535 / top)).astype(np.uint16)


def as_input(
    contents: bytes,
    field: Field,
    colours: Mapping[int, Colour] | None,
    refuse: decoding.Refuse,
    half: Half | None = None,
) -> Image:
    """Decode one picture file that a trained model is to read, in the channels and bits of its input.

    Args:
        contents: the file's contents.
        field: the input of the model.
        colours: the colour of each class id, if the label maps that the model reads had ids in their files. A file with
            colours is taken as it is.
        refuse: see `decoding.decode`.
        half: the half of the picture that is the input; None for the whole picture.

    Raises:
        DataError: the picture cannot be decoded, or has ids that no class has.
    """
    if field.is_label and colours and decoding.is_grey(contents):
        return class_ids.painted(decoding.class_ids(contents, refuse, half), colours)
    return decoding.decode(contents, refuse, field.asked, half)[0]


def _refuse_other_proportions(full: Mapping[str, Image]) -> None:
    (height, width, _), (tall, wide, _) = full["input"].shape, full["target"].shape
    if changes_proportions((height, width), (tall, wide), by=STRETCHED):
        raise DataError(
            f"the input has {width}x{height} pixels and the target {wide}x{tall}: other proportions, so they do not "
            "lie on each other; crop one of them"
        )
