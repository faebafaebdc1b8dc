"""The chunks of a PNG: its pixels, all of which have to be there, and its texts, most of which do not matter.

Pillow leaves rows black that a compressed stream, whole in itself, does not have. It refuses whole pictures whose texts
are long.

(W3C Portable Network Graphics, third edition, sections 5.3, 7.2 and 8.2)
"""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from pix2pix.base.errors import DataError

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# The passes of an interlaced picture: their first column and row, and the steps between columns and rows.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_WHOLE = ((0, 0, 1, 1),)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIECE = 1 << 20
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
# The keywords of texts that may say how a picture is rotated.
_ROTATING = {b"exif", b"xmp", b"Raw profile type exif", b"XML:com.adobe.xmp"}


class Chunk(NamedTuple):
    """A chunk: its kind, its contents, and where it begins and ends in the file, in bytes."""

    kind: bytes
    content: bytes
    start: int
    end: int


def chunks(data: bytes) -> Iterator[Chunk]:
    """Every chunk of a PNG, up to one that is cut short."""
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        yield Chunk(kind, data[at + 8 : at + 8 + length], at, end)
        at = end


def without_texts(data: bytes) -> bytes:
    """A PNG without the texts that say nothing of its pixels, such as comments; all other bytes stay."""
    kept, at = [], 0
    for chunk in chunks(data):
        if chunk.kind in _TEXTS and chunk.end <= len(data) and chunk.content.split(b"\0")[0] not in _ROTATING:
            kept.append(data[at : chunk.start])
            at = chunk.end
    return b"".join((*kept, data[at:]))


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
    width, height, depth, colour, _, _, interlaced = struct.unpack_from(">IIBBBBB", data, len(SIGNATURE) + 8)
    total = 0
    for x, y, across, down in _ADAM7 if interlaced else _WHOLE:
        columns, rows = -(-max(width - x, 0) // across), -(-max(height - y, 0) // down)
        total += rows * (1 + -(-columns * depth * _CHANNELS[colour] // 8)) if columns else 0
    return total


def _unpacked(data: bytes, most: int) -> int:
    """How many bytes the parts of the stream unpack to, counted up to `most`."""
    stream, count = zlib.decompressobj(), 0
    for part in (chunk.content for chunk in chunks(data) if chunk.kind == b"IDAT"):
        while part and count < most and not stream.eof:
            count += len(stream.decompress(part, min(_PIECE, most - count)))
            part = stream.unconsumed_tail
    return count
