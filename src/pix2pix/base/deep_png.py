"""PNG files of 16 bits a channel, which Pillow writes for grey only.

(W3C Portable Network Graphics, third edition, sections 5, 9 and 11.2)
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The colour type of grey, RGB and RGBA, by the number of channels.
_COLOURS = {1: 0, 3: 2, 4: 6}
_UP = 2  # the filter that stores each byte as its difference from the byte above


def encoded(picture: NDArray[np.uint16]) -> bytes:
    """Encode a picture as PNG; the same pixels give the same bytes.

    Args:
        picture: uint16 `(height, width, channels)`: grey, RGB or RGBA.
    """
    height, width, channels = picture.shape
    rows = np.ascontiguousarray(picture, ">u2").view(np.uint8).reshape(height, -1)
    above = np.vstack([np.zeros_like(rows[:1]), rows[:-1]])
    filtered = np.insert(rows - above, 0, _UP, axis=1)
    header = struct.pack(">IIBBBBB", width, height, 16, _COLOURS[channels], 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes())), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
