"""One picture file -> the two halves of a pair."""

from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized
from pix2pix.data import decoding

Image = NDArray[np.uint8]


class Pair(NamedTuple):
    """The halves of a picture.

    Attributes:
        left, right: uint8 RGB `(size, size, 3)`.
        width, height: of the whole picture as it was, in pixels.
        note: what was converted, such as `CMYK`; None if nothing was.
    """

    left: Image
    right: Image
    width: int
    height: int
    note: str | None


def read(data: bytes, size: int, labels: Literal["left", "right"] | None, max_pixels: int) -> Pair:
    """Decode a picture and cut it in two.

    Halves of another size are resized; see `fitting.resized`.

    Args:
        data: a picture file.
        size: side of the square halves, in pixels.
        labels: the half that is a label map; None if none is.
        max_pixels: the most pixels the whole picture may have; known before it is decoded.

    Raises:
        DataError: it cannot be decoded, or cannot be two halves; the message does not name it.
    """
    picture, note = decoding.rgb(data, partial(_refuse, max_pixels))
    height, width, _ = picture.shape
    left, right = halves(picture)
    return Pair(
        resized(left, size, size, labels == "left"), resized(right, size, size, labels == "right"), width, height, note
    )


def halves(picture: Image) -> tuple[Image, Image]:
    """The left and the right half: uint8 RGB `(height, width, 3)` to twice `(height, width / 2, 3)`."""
    middle = picture.shape[1] // 2
    return picture[:, :middle], picture[:, middle:]


def refuse_odd(width: int) -> None:
    """Refuse a picture that is so many pixels wide if that is no two halves.

    Raises:
        DataError: it is none.
    """
    if width < 2 or width % 2:
        raise DataError(f"{width} pixels wide: an even width is needed for two halves")


def _refuse(max_pixels: int, width: int, height: int) -> None:
    if width * height > max_pixels:
        raise DataError(f"{width}x{height} are more pixels than prepare.max_pixels = {max_pixels}")
    refuse_odd(width)
