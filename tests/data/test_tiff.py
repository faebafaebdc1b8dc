import io
import struct
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import decoding, tiff

STRIP_OFFSETS, STRIP_COUNTS = 273, 279
PIXELS = np.random.default_rng(0).integers(0, 256, (128, 256, 3)).astype(np.uint8)


def encoded(compression, mode="RGB"):
    file = io.BytesIO()
    PillowImage.fromarray(PIXELS).convert(mode).save(file, "TIFF", compression=compression)
    return file.getvalue()


def read(data):
    return decoding.rgb(data, Mock())  # no size is refused


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_whole_tiff_is_read(compression, mode):
    assert read(encoded(compression, mode))[0].shape == PIXELS.shape


@pytest.mark.parametrize("strip", [0, 1])
def test_a_jpeg_inside_that_was_cut_and_closed_is_refused(strip):
    data = bytearray(encoded("jpeg"))
    tags = PillowImage.open(io.BytesIO(data)).tag_v2
    end = tags[STRIP_OFFSETS][strip] + tags[STRIP_COUNTS][strip]
    lost = tags[STRIP_COUNTS][strip] // 2
    data[end - lost : end] = b"\xff\xd9" + bytes(lost - 2)
    with pytest.raises(DataError, match="damaged or cut short"):
        read(bytes(data))


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_the_codings_of_fax_machines_are_refused_by_name(compression):
    with pytest.raises(DataError, match=rf"compressed in a way that hides damage \({compression}\); save it as PNG"):
        read(encoded(compression, "1"))


def test_strips_without_end_are_not_decoded():
    """The strips of a small TIFF are many JPEGs of a large size, all the same bytes."""
    file = io.BytesIO()
    PillowImage.new("L", (2000, 1000)).save(file, "JPEG")
    picture = Mock(info={"compression": "jpeg"}, width=10, height=10)
    picture.size = (10, 10)
    picture.tag_v2 = {STRIP_OFFSETS: (1,) * 10**6, STRIP_COUNTS: (file.tell(),) * 10**6}
    with pytest.raises(DataError, match="a JPEG of 2000x1000 pixels inside"):
        tiff.refuse_cut(picture, b"x" + file.getvalue())


def plain(contents, bits=8, white_is_zero=False, rows=64, counts=None, offsets=None):
    """A grey TIFF of 128x64, of one strip or of what `counts` and `offsets` name."""
    end = 8 + 2 + 12 * 9 + 4
    ends = struct.pack("<2I2I", *(offsets or (0, 0)), *(counts or (0, 0))) if counts else b""
    tags = {256: 128, 257: 64, 258: bits, 259: 1, 262: int(not white_is_zero), 277: 1, 278: rows}
    entries = {tag: (tag, 4, 1, value) for tag, value in tags.items()}
    entries |= {273: (273, 4, 1, end), 279: (279, 4, 1, len(contents))}
    if counts:
        entries |= {273: (273, 4, 2, end), 279: (279, 4, 2, end + 8)}
    table = b"".join(struct.pack("<HHII", *entries[tag]) for tag in sorted(entries))
    return b"II*\0" + struct.pack("<IH", 8, 9) + table + bytes(4) + ends + contents


GREY = PIXELS[:64, :128, 0]


def test_white_as_zero_is_read_right_or_refused():
    np.testing.assert_array_equal(read(plain(GREY.tobytes()))[0][..., 0], GREY)
    np.testing.assert_array_equal(read(plain(GREY.tobytes(), white_is_zero=True))[0][..., 0], 255 - GREY)
    deep = (GREY.astype("<u2") * 257).tobytes()
    np.testing.assert_array_equal(read(plain(deep, 16))[0][..., 0], GREY)
    with pytest.raises(DataError, match="has 16 bits and 0 for white; save it with 0 for black"):
        read(plain(deep, 16, white_is_zero=True))


def test_samples_of_twelve_bits_are_refused_by_name():
    with pytest.raises(DataError, match="has samples of 12 bits; save it with 8 or 16 bits"):
        read(plain(bytes(128 * 64 * 3 // 2), 12))


def test_strips_that_are_not_named_are_missed():
    at = 8 + 2 + 12 * 9 + 4 + 16
    whole = {"rows": 32, "counts": (4096, 4096), "offsets": (at, at + 4096)}
    np.testing.assert_array_equal(read(plain(GREY.tobytes(), **whole))[0][..., 0], GREY)
    for wrong in ({"counts": (4096, 0)}, {"offsets": (at, 0)}, {"counts": (4096, 2000)}, {"rows": 16}):
        with pytest.raises(DataError, match=r"damaged or cut short \(the TIFF "):
            read(plain(GREY.tobytes(), **whole | wrong))
    with pytest.raises(DataError, match="does not say where all of its 2 strips are"):
        read(plain(GREY[:32].tobytes(), rows=32))
    with pytest.raises(DataError, match="has 4,096 bytes of pixels"):
        read(
            plain(GREY.tobytes()).replace(struct.pack("<HHII", 279, 4, 1, 8192), struct.pack("<HHII", 279, 4, 1, 4096))
        )
