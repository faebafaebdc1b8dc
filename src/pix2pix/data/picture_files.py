"""Picture files from outside: which are meant, which two names are one, their order, how large they may be."""

import re
import unicodedata
from pathlib import PurePath
from typing import Any

SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


def is_picture(name: str) -> bool:
    """Whether a file of this name is meant to be a picture: by its suffix, and not hidden."""
    path = PurePath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def folded(name: str) -> str:
    """The same for all names that some file systems take for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def natural(name: str) -> tuple[Any, ...]:
    """A sort key that counts: `train/2` before `train/10`."""
    parts = re.split("([0-9]+)", name)
    # Numbers are compared as text, shorter ones first: one of thousands of digits would be refused by `int`.
    numbers = [(len(digits.lstrip("0")), digits.lstrip("0")) for digits in parts[1::2]]
    return tuple(part for pair in zip(parts[::2], [*numbers, (0, "")], strict=True) for part in pair), name


def most_bytes(max_pixels: int) -> int:
    """The most bytes that a file of so many pixels needs: 16 bits in four channels, and a MiB for the rest."""
    return 8 * max_pixels + (1 << 20)
