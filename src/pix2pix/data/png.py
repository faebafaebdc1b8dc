"""Whether a PNG has all its rows: Pillow leaves rows black that a compressed stream, whole in itself, does not have.

(W3C Portable Network Graphics, third edition, sections 5.3, 7.2 and 8.2)
"""

import struct
import zlib
from collections.abc import Iterator

from pix2pix.base.errors import DataError

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The passes of an interlaced picture: their first column and row, and the steps between columns and rows.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_WHOLE = ((0, 0, 1, 1),)
_SIGNATURE, _PIECE = 8, 1 << 20


def refuse_cut(data: bytes) -> None:
    """Refuse a PNG whose compressed stream unpacks to less than its size needs. Takes at most 1 MiB more memory.

    Args:
        data: a PNG that Pillow opens.

    Raises:
        DataError: rows are missing.
        struct.error, zlib.error: it is damaged.
    """
    needed = _needed(data)
    there = _unpacked(data, needed)
    if there < needed:
        raise DataError(f"damaged or cut short (the PNG has {there:,} of {needed:,} bytes of pixels)")


def _needed(data: bytes) -> int:
    """The bytes of all rows, each with its filter in front, as the header says them."""
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, _SIGNATURE + 8)
    total = 0
    for x, y, across, down in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -(-max(width - x, 0) // across), -(-max(height - y, 0) // down)
        total += rows * (1 + -(-columns * depth * _CHANNELS[colour] // 8)) if columns else 0
    return total


def _unpacked(data: bytes, most: int) -> int:
    """How many bytes the parts of the stream unpack to, counted up to `most`."""
    stream, count = zlib.decompressobj(), 0
    for part in _parts(data):
        while part and count < most and not stream.eof:
            count += len(stream.decompress(part, min(_PIECE, most - count)))
            part = stream.unconsumed_tail
    return count


def _parts(data: bytes) -> Iterator[bytes]:
    """The contents of every IDAT."""
    at = _SIGNATURE
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            yield data[at + 8 : at + 8 + length]
        at += 12 + length
