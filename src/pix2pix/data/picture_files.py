"""Picture files from outside: which files are pictures, which names are equal, how names are ordered, how large."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from pix2pix.base.errors import first_names, number_of, one_line

# A note on a picture that begins so names what it is read as; the others are of pictures read as sRGB.
READ_AS = "as "
# Between the notes on the two fields of a picture.
BETWEEN = "; "
SPLITS = ("train", "val", "test")
# The list of the pictures' classes.
TABLE = "classes.csv"
# The formats that Pillow reads here, by its names.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = {
    *(".jpg", ".jpeg", ".jpe", ".jfif"),
    *(".avif", ".bmp", ".gif", ".png", ".tif", ".tiff", ".webp"),
    *(".pbm", ".pgm", ".pnm", ".ppm"),
    ".npy",
}
# Pictures of cameras and programs that are not read here.
_UNREAD = {
    *(
        ".heic",
        ".heif",
        ".hif",
        ".jxl",
        ".jp2",
        ".j2k",
        ".jpx",
        ".svg",
        ".svgz",
        ".eps",
        ".psd",
        ".tga",
        ".exr",
        ".hdr",
    ),
    *(".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".raf", ".raw", ".rw2", ".apng", ".dds", ".ico", ".pfm", ".pcx"),
}

# Why two names cannot stand beside each other, and what to do.
ALIKE = "names that some file systems take for the same"
KEEP_ONE = "keep one of them, or rename one"

# They join or part letters of many scripts, and pictures of emoji: they belong to words.
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"


def is_picture(name: str) -> bool:
    """Whether a file of this name is taken for a picture: it has the suffix of one and is not hidden."""
    path = PurePath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def is_list(name: str) -> bool:
    """Whether a file of this name lists the pairs of a split: train.txt, val.txt or test.txt."""
    return PurePath(name).name in {f"{split}.txt" for split in SPLITS}


def is_table(name: str) -> bool:
    """Whether a file of this name lists the classes of pictures; see `picture_classes`."""
    return PurePath(name).name == TABLE


def is_other(name: str) -> bool:
    """Whether a file is passed over although it seems to belong to the pictures, and is not hidden.

    It lies in a split, at any depth, or its suffix is that of a picture that cannot be read.
    """
    path = PurePath(name)
    belongs = not set(SPLITS).isdisjoint(path.parts[:-1]) or path.suffix.lower() in _UNREAD
    return belongs and not path.name.startswith(".") and not is_picture(name) and not is_table(name)


def passed_over(names: Sequence[str]) -> list[str]:
    """A line that names files among the pictures that are none, and how many of each kind there are; none if none."""
    kinds = Counter(one_line(PurePath(name).suffix.lower()) or "no suffix" for name in names)
    counts = ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items()))
    told = f"{number_of(len(names), 'file')} among the pictures passed over, as no pictures by their names"
    return [f"{told} ({counts}): {first_names(sorted(names))}"] if names else []


def converted(notes: Mapping[str, int]) -> list[str]:
    """A line for each kind of picture that was converted, from the number of pictures by note (`decoding.decode`)."""
    counts: Counter[str] = Counter()
    for note, count in notes.items():
        for part in note.split(BETWEEN):
            counts[part if part.startswith(READ_AS) else f"{READ_AS}sRGB: {part}"] += count
    often_first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{number_of(count, 'picture')} read {note}" for note, count in often_first]


def caseless(name: str) -> str:
    """Return one form for all names that some file systems take for equal.

    It is without case, without variants of Unicode and without `JOINERS`, which Apple's file system passes over.
    """
    name = name.translate(dict.fromkeys(map(ord, JOINERS)))
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def natural(name: str) -> tuple[Any, ...]:
    """Return a sort key by which numbers in names are compared as numbers: `train/2` comes before `train/10`."""
    parts = re.split("([0-9]+)", name)
    # Numbers are compared as text, shorter ones first, because `int` refuses a number of thousands of digits.
    numbers = [(len(digits.lstrip("0")), digits.lstrip("0")) for digits in parts[1::2]]
    return tuple(part for pair in zip(parts[::2], [*numbers, (0, "")], strict=True) for part in pair), name


def most_bytes(max_pixels: int) -> int:
    """Return the most bytes that a picture file of `max_pixels` needs: 16 bits in four channels, and 1 MiB more."""
    return 8 * max_pixels + (1 << 20)
