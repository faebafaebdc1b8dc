"""PNGs whose stream and checksums are whole, and whose rows are not all there."""

import struct
import zlib
from itertools import pairwise
from unittest.mock import Mock

import numpy as np
import pytest

from pix2pix.base.errors import DataError
from pix2pix.data import decoding, png

# Width and height; both are no multiples of 8, so that passes of Adam7 end at different columns and rows.
WIDTH, HEIGHT = 13, 11
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, contents):
    return struct.pack(">I", len(contents)) + kind + contents + struct.pack(">I", zlib.crc32(kind + contents))


def encoded(rows, depth=8, colour=2, interlaced=0, parts=1):
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlaced)
    stream = zlib.compress(b"".join(b"\0" + row for row in rows))
    cuts = [len(stream) * number // parts for number in range(parts + 1)]
    pieces = [chunk(b"IDAT", stream[a:b]) for a, b in pairwise(cuts)]
    palette = chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + palette + b"".join(pieces) + chunk(b"IEND", b"")


def read(data):
    return decoding.rgb(data, Mock())[0]  # no size is refused


def pixels():
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("parts", [1, 5])
def test_a_row_that_is_missing_is_noticed(interlaced, parts):
    image = pixels()
    cut = PASSES if interlaced else ((0, 0, 1, 1),)
    rows = [row.tobytes() for x, y, across, down in cut for row in image[y::down, x::across]]
    np.testing.assert_array_equal(read(encoded(rows, interlaced=interlaced, parts=parts)), image)
    for kept in (len(rows) - 1, len(rows) // 2, 1):
        with pytest.raises(DataError, match="damaged or cut short"):
            read(encoded(rows[:kept], interlaced=interlaced, parts=parts))


@pytest.mark.parametrize(
    ("depth", "colour", "width"),
    [(1, 0, 2), (4, 3, 7), (8, 0, 13), (16, 0, 26), (8, 4, 26), (16, 6, 104)],
)
def test_the_bytes_of_a_row_follow_from_depth_and_colours(depth, colour, width):
    rows = [b"\xff" * width] * HEIGHT
    png.refuse_cut(encoded(rows, depth, colour))
    with pytest.raises(DataError, match=f"{(HEIGHT - 1) * (width + 1):,} of {HEIGHT * (width + 1):,} bytes"):
        png.refuse_cut(encoded(rows[:-1], depth, colour))
