"""One example under inspection: its values, and what is found out about it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.threads import AHEAD, ahead
from pix2pix.data import archive, decoding, picture_classes, reading, tasks
from pix2pix.data.fit import fitted
from pix2pix.data.labels import ClassMap, Palette, classes_of, colours_of_ids
from pix2pix.data.layouts import BOTH
from pix2pix.params import Data

Image = NDArray[np.uint8]
# Two columns of pixels belong to one picture if their values go along with each other so well, and differ by no more
# than so many times what columns beside them differ by. See docs/data.md for how real pictures behave.
_ALONG, _TIMES = 0.8, 2
# The pictures that are decoded at the same time need no more memory than this, in bytes; or one needs more.
_IN_WORK = 1 << 30
# Decoded twice, see `jpeg`, with their difference, converted to sRGB, and as an array.
_BYTES_A_PIXEL = 20


class Facts(NamedTuple):
    """What is found out about a pair.

    Attributes:
        id: its split and its path in it, without suffix: `val/12`.
        width, height: of the picture with both halves, or of the target, in pixels, as the archive has it.
        note: what was converted; None if nothing was.
        sha256: of the values of every field, in hexadecimal digits.
        shares: the share of each class in the label map, 0 … 1; None without a palette.
        far: by field, the share of pixels that have the colour of no class, 0 … 1 (`Palette.far`); None without a
            palette.
        difference: the mean absolute difference of input and target, 0 … 255; None for a single picture.
        goes_on: whether the picture goes on across its middle, as one picture does and two halves do not.
        lossy: whether the compression of the label map's file changed its colours, as JPEG does.
        astray: the share of pixels of a grey label map that have the exact colour of no class, 0 … 1; None without a
            palette.
        input_size: width and height of the input's own file, in pixels; None if the example is one picture.
        tops: the largest value of each picture that has 16 bits; None if none has.
        greys: how many values the label map has, if all are grey; None if they are not.
        class_id: the class of the picture; None without classes of pictures.
    """

    id: str
    width: int
    height: int
    note: str | None
    sha256: dict[str, str]
    shares: dict[str, float] | None
    far: dict[str, float] | None
    difference: float | None
    goes_on: bool
    lossy: bool
    greys: int | None
    astray: float | None = None
    input_size: tuple[int, int] | None = None
    tops: dict[str, int] | None = None
    class_id: int | None = None


class Inspected(NamedTuple):
    """A pair: its example, every field in its shape and dtype, and the facts about it."""

    example: dict[str, NDArray[Any]]
    facts: Facts


def _inspect(pictures: archive.Contents, data: Data, max_pixels: int, pair: str) -> Inspected | DataError:
    """All that is to be known of one pair, or what is wrong with its picture. May be called from several threads.

    Args:
        pictures: the contents of their files.
        data: the `data` section of the parameters.
        max_pixels: the most pixels a picture may have.
        pair: its id.
    """
    task = tasks.task(data)
    contents = pictures.read(pair)
    try:
        read = read_pair(contents, data, max_pixels)
        class_id = _class_id(pictures, pair, contents, data, max_pixels)
    except DataError as error:
        return error
    example = read.example if class_id is None else {**read.example, "class": np.array(class_id, task["class"].dtype)}
    # Label maps keep their colours only at the nearest pixels, whichever field they are.
    full = read.to_look_at()
    nearest = {name: fitted(each, data.size, data.fit, label=True) for name, each in full.items()}
    palette = classes_of(data)
    classes = {name: palette.classes(picture) for name, picture in nearest.items()} if palette else {}
    width, height = read.size
    facts = Facts(
        id=pair,
        width=width,
        height=height,
        note=read.note,
        sha256={name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in example.items()},
        shares=_shares(palette, classes[task.label.name]) if palette else None,
        far={name: palette.far(nearest[name], classes[name]) for name in nearest} if palette else None,
        difference=_difference(nearest),
        goes_on=read.halved and len(tasks.halves(data)) == 2 and goes_on(_side_by_side(full, data)),
        lossy=palette is not None and decoding.is_lossy(contents.get(task.label.name, contents.get(BOTH, b""))),
        greys=_greys(nearest[task.label.name]) if palette else None,
        astray=palette.astray(nearest[task.label.name], classes[task.label.name]) if palette else None,
        input_size=None if data.single else _input_size(read),
        tops={name: int(value.max()) for name, value in example.items() if _is_deep(task[name])} or None,
        class_id=class_id,
    )
    return Inspected(example, facts)


def _is_deep(field: tasks.Field) -> bool:
    return field.kind == "picture" and field.bits == 16


def _class_id(
    pictures: archive.Contents, pair: str, contents: Mapping[str, bytes], data: Data, max_pixels: int
) -> int | None:
    """Return the class of a picture; None without classes of pictures."""
    if data.attribute is not None:
        return picture_classes.by_label_map(contents[BOTH], data, max_pixels)
    return pictures.class_ids.get(pair)


def read_pair(files: Mapping[str, bytes], data: Data, max_pixels: int) -> reading.Read:
    """Read the files of a pair as `data` says; see `reading.read`."""
    colours = colours_of_ids(data.palette, data.ignore)
    return reading.read(files, tasks.task(data), tasks.halves(data), max_pixels, data.fit, colours, data.has_pairs)


def inspected(
    pictures: archive.Contents, data: Data, max_pixels: int, pairs: Iterable[str]
) -> Iterator[Inspected | DataError]:
    """Inspect pairs in several threads, and yield what comes out in their order.

    The pictures that are decoded ahead of the one that is yielded take no more than `_IN_WORK` bytes, or are one.
    """
    work = partial(_inspect, pictures, data, max_pixels)
    return ahead(work, pairs, AHEAD, partial(_weight, pictures, _bytes_a_pixel(data)), _IN_WORK)


def _bytes_a_pixel(data: Data) -> int:
    """Return the memory that each pixel needs; more channels and bits need more, also while they are converted."""
    wide = max(data.input_channels * data.input_bits, data.target_channels * data.target_bits)
    return max(_BYTES_A_PIXEL, _BYTES_A_PIXEL * wide // 24)  # RGB of 8 bits has 24


def _weight(pictures: archive.Contents, bytes_a_pixel: int, pair: str) -> int:
    """Return the memory that the work on a pair needs, in bytes."""
    contents = pictures.read(pair).values()
    return sum(len(each) + prod(decoding.size(each)) * bytes_a_pixel for each in contents)


def goes_on(picture: Image) -> bool:
    """Whether a picture goes on across its middle, as a single picture does.

    Args:
        picture: uint8 RGB `(height, width, 3)`, of an even width.

    Returns:
        True if the columns left and right of the middle are about as like as neighbours within the halves. False also
        where nothing can be told: columns of one colour, and halves of one column.
    """
    middle = picture.shape[1] // 2
    if middle < 2:
        return False
    before, left, right, after = (picture[:, middle + place].astype(np.float64) for place in (-2, -1, 0, 1))
    beside = max(np.abs(before - left).mean(), np.abs(right - after).mean())
    return bool(np.abs(left - right).mean() <= _TIMES * beside and _correlation(left, right) >= _ALONG)


def _correlation(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Pearson's of `(height, 3)`, each channel about its own mean; 0 if one side has no variation."""
    a, b = left - left.mean(axis=0), right - right.mean(axis=0)
    size = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / size) if size else 0.0


def _side_by_side(full: Mapping[str, Image], data: Data) -> Image:
    """The picture that was cut into halves, as it is shown."""
    cut = tasks.halves(data)
    return np.concatenate([full[name] for name in sorted(cut, key=lambda name: cut[name])], axis=1)


def _shares(palette: Palette, classes: ClassMap) -> dict[str, float]:
    return dict(zip(palette.names, palette.shares(classes).tolist(), strict=True))


def _difference(pictures: Mapping[str, Image]) -> float | None:
    if "input" not in pictures:
        return None
    return float(np.abs(pictures["input"].astype(np.int16) - pictures["target"]).mean())


def _input_size(read: reading.Read) -> tuple[int, int] | None:
    if read.halved or "input" not in read.full:
        return None
    height, width, _ = read.full["input"].shape
    return width, height


def _greys(label: Image) -> int | None:
    grey = (label == label[..., :1]).all()
    return int(np.unique(label[..., 0]).size) if grey else None
