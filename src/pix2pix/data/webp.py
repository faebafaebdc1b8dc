"""Whether a WebP has all its pixels, and whether its colours are exact.

The data have no checksum, and libwebp refuses a file that was cut and closed again, but for its last bytes. A whole
picture ends where its data end: bytes that are put behind them change nothing, and none of the last ones can be taken
away. If bytes that follow become pixels, the picture was cut. If the last ones do not matter, the decoder went astray
before them. So damage is found in nine of ten files with a hole (docs/data.md). (RFC 9649, section 2)
"""

import io
import struct
from collections.abc import Callable, Iterator

from PIL import Image as PillowImage
from PIL import ImageChops

from pix2pix.base.errors import DataError
from pix2pix.data.jpeg import NOISE

_HEAD = 12
# The last bytes that a whole picture needs, but for zeros, with which a file may be filled up.
_NEEDED = 16
# The only frame of an animation holds chunks of its own behind its head.
_FRAME, _FRAME_HEAD = b"ANMF", 16
_LOSSY, _PIXELS = b"VP8 ", (b"VP8 ", b"VP8L")


def is_lossy(data: bytes) -> bool:
    """Whether a WebP holds colours that its encoder changed."""
    return any(kind == _LOSSY for kind, _ in _leaves(data[_HEAD:]))


def refuse_damaged(data: bytes) -> None:
    """Refuse a WebP that does not end with its last pixel.

    Args:
        data: a WebP of one picture.

    Raises:
        DataError: pixels are missing, or are not those that were saved.
        OSError, struct.error: it cannot be decoded.
    """
    whole = _decoded(data)
    if _shows(whole, _changed(data, lambda content: content.rstrip(b"\0")[:-_NEEDED])):
        raise DataError("damaged (the WebP has its last pixel before its data end)")
    if not _shows(whole, _changed(data, lambda content: content + NOISE)):
        raise DataError("damaged or cut short (the WebP ends before its last pixel)")


def _changed(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with other data for its pixels."""
    parts = _edited(data[_HEAD : 8 + struct.unpack_from("<I", data, 4)[0]], change)
    return data[:4] + struct.pack("<I", 4 + len(parts)) + data[8:_HEAD] + parts


def _edited(parts: bytes, change: Callable[[bytes], bytes]) -> bytes:
    return b"".join(_packed(kind, _part(kind, content, change)) for kind, content in _parts(parts))


def _part(kind: bytes, content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    if kind == _FRAME:
        return content[:_FRAME_HEAD] + _edited(content[_FRAME_HEAD:], change)
    return change(content) if kind in _PIXELS else content


def _shows(picture: PillowImage.Image, data: bytes) -> bool:
    """Whether a file shows a picture; one that cannot be decoded does not."""
    try:
        return ImageChops.difference(picture, _decoded(data)).getbbox(alpha_only=False) is None
    except (OSError, ValueError):
        return False


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind and the contents of every chunk."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _leaves(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every chunk, those in a frame of an animation included."""
    for kind, content in _parts(data):
        yield from _parts(content[_FRAME_HEAD:]) if kind == _FRAME else [(kind, content)]


def _packed(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _decoded(data: bytes) -> PillowImage.Image:
    return PillowImage.open(io.BytesIO(data), formats=["WEBP"]).convert("RGBA")
