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


@pytest.mark.parametrize("place", [33, -12])
@pytest.mark.parametrize(
    "text",
    [
        chunk(b"zTXt", b"words\0\0" + zlib.compress(bytes(2 << 20))),
        chunk(b"iTXt", b"words\0\1\0\0\0" + zlib.compress(bytes(2 << 20))),
        b"".join(chunk(b"tEXt", f"words{number}\0".encode() + b"a" * (1 << 20)) for number in range(65)),
    ],
    ids=["compressed", "international", "many"],
)
def test_long_texts_are_no_damage(text, place):
    whole = encoded([row.tobytes() for row in pixels()])
    np.testing.assert_array_equal(read(whole[:place] + text + whole[place:]), pixels())


def test_a_text_that_says_a_rotation_is_kept():
    whole = encoded([row.tobytes() for row in pixels()])
    text = chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>')
    with pytest.raises(DataError, match="is rotated"):
        read(whole[:33] + text + whole[33:])


def test_a_profile_that_is_too_long_is_called_so_and_not_damage():
    whole = encoded([row.tobytes() for row in pixels()])
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2 << 20)))
    with pytest.raises(DataError, match="has more than 1 MiB of metadata or colour profile"):
        read(whole[:33] + profile + whole[33:])


def test_a_text_that_is_cut_short_is_damage():
    whole = encoded([row.tobytes() for row in pixels()])
    with pytest.raises(DataError, match="damaged or cut short"):
        read((whole[:-12] + chunk(b"tEXt", b"a\0" + b"b" * 99))[:-20])
