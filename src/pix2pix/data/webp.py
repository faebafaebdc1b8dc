"""Whether a WebP has all its pixels, and whether its colours are exact.

libwebp refuses a file that was cut and closed again, but for the last bytes. These are found as in a JPEG: bytes that
are put behind the data change nothing in a whole picture, and become pixels in a cut one. The data have no checksum, so
nobody can tell other pixels from damaged ones. (RFC 9649, section 2)
"""

import io
import struct
from collections.abc import Iterator

from PIL import Image as PillowImage
from PIL import ImageChops

from pix2pix.base.errors import DataError
from pix2pix.data.jpeg import NOISE

_HEAD = 12
_LOSSY, _LOSSLESS = b"VP8 ", b"VP8L"


def is_lossy(data: bytes) -> bool:
    """Whether a WebP holds colours that its encoder changed."""
    return any(kind == _LOSSY for kind, _ in _parts(data))


def refuse_cut(data: bytes) -> None:
    """Refuse a WebP that ends before its last pixel.

    Args:
        data: a WebP that Pillow opens, of one picture.

    Raises:
        DataError: pixels are missing.
        OSError, struct.error: it is damaged.
    """
    noisy = b"".join(_packed(kind, content + NOISE * (kind in (_LOSSY, _LOSSLESS))) for kind, content in _parts(data))
    longer = data[:4] + struct.pack("<I", 4 + len(noisy)) + data[8:_HEAD] + noisy
    if ImageChops.difference(_decoded(data), _decoded(longer)).getbbox(alpha_only=False):
        raise DataError("damaged or cut short (the WebP ends before its last pixel)")


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind and the contents of every chunk."""
    at = _HEAD
    end = min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _packed(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _decoded(data: bytes) -> PillowImage.Image:
    return PillowImage.open(io.BytesIO(data), formats=["WEBP"]).convert("RGBA")
