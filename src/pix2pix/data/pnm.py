"""Whether a file of Netpbm holds one picture: its formats allow several, one behind the other, and Pillow reads one.

(ppm(5) and plain PPM, of Netpbm)
"""

import re

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
