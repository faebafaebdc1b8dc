"""Whether a file of Netpbm holds one picture: its formats allow several, one behind the other, and Pillow reads one.

(ppm(5) and plain PPM, of Netpbm)
"""

import re

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError

_COMMENT = re.compile(rb"#[^\r\n]*")
_NEXT = re.compile(rb"\s*P[1-7]\s")


def refuse_several(picture: PillowImage.Image, data: bytes) -> None:
    """Refuse a PBM, PGM or PPM with another picture behind the first.

    Args:
        picture: what Pillow opened, not decoded yet.
        data: the file.

    Raises:
        DataError: it holds more pictures.
    """
    (tile,) = picture.tile  # type: ignore[attr-defined]
    rest = data[tile.offset :]
    if tile.codec_name == "ppm_plain":
        more = b"P" in _COMMENT.sub(b"", rest)
    else:
        more = _NEXT.match(rest, _size(picture)) is not None
    if more:
        raise DataError("holds several pictures, one behind the other; save only one of them")


def most_value(picture: PillowImage.Image) -> int:
    """The value that stands for full brightness; 255 if Pillow does not tell."""
    args = picture.tile[0].args  # type: ignore[attr-defined]
    return int(args[1]) if isinstance(args, tuple) else 65535 if ";16" in args else 255


def _size(picture: PillowImage.Image) -> int:
    """The bytes of the pixels, where these are no text."""
    if picture.mode == "1":
        return -(-picture.width // 8) * picture.height
    return picture.width * picture.height * len(picture.getbands()) * (2 if most_value(picture) > 255 else 1)


def values(picture: PillowImage.Image, data: bytes) -> NDArray[np.int64]:
    """Return the values of a PGM or PPM of more than 8 bits, in the order of the file.

    Args:
        picture: what Pillow opened, not decoded yet.
        data: the file.

    Raises:
        DataError: values are missing.
    """
    (tile,) = picture.tile  # type: ignore[attr-defined]
    count, rest = picture.width * picture.height * len(picture.getbands()), data[tile.offset :]
    if tile.codec_name == "ppm_plain":
        found = np.array(_COMMENT.sub(b"", rest).split()[:count], np.int64)
    else:
        found = np.frombuffer(rest[: min(2 * count, len(rest) // 2 * 2)], ">u2").astype(np.int64)
    if found.size < count:
        raise DataError(f"damaged or cut short (it has {found.size:,} of {count:,} values)")
    return found
