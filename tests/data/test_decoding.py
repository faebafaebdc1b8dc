"""What is decoded and what is refused, test_pairs.py and test_hostile.py see through `pairs.read`."""

import io
import math
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import decoding


def png(pixels, **options):
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


def welcome(width, height):
    """No size is refused."""


def test_the_pixels_of_a_picture_of_any_size():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 13, 3), np.uint8)
    decoded, note = decoding.rgb(png(pixels), welcome)
    np.testing.assert_array_equal(decoded, pixels)
    assert decoded.dtype == np.uint8 and note is None
    decoded, note = decoding.rgb(png(pixels[..., 0]), welcome)
    np.testing.assert_array_equal(decoded, pixels[..., :1].repeat(3, axis=2))
    assert note == "grey"


def test_the_caller_refuses_a_size_before_anything_is_decoded():
    def refuse(width, height):
        raise DataError(f"{width} by {height}, no")

    whole = png(np.zeros((7, 13, 3), np.uint8))
    head = whole[: whole.index(b"IDAT") - 4]  # no pixels: to decode it would say "cut short"
    idat = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(DataError, match="13 by 7, no"):
        decoding.rgb(head + idat, refuse)
    with pytest.raises(DataError, match="damaged or cut short"):
        decoding.rgb(head + idat, welcome)


def test_what_pillow_only_warns_of_can_be_refused():
    doubtful = png(np.zeros((7, 13, 3), np.uint8), exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        decoding.rgb(doubtful, welcome)
        assert told, "or this shows nothing"
    with decoding.warnings_are_damage(), pytest.raises(DataError, match="damaged or cut short"):
        decoding.rgb(doubtful, welcome)


@pytest.mark.parametrize("orientation", [0, 1])
def test_an_orientation_that_is_unset_is_upright(orientation):
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    pixels = np.zeros((7, 13, 3), np.uint8)
    np.testing.assert_array_equal(decoding.rgb(png(pixels, exif=exif), welcome)[0], pixels)
    exif[0x0112] = 6
    with pytest.raises(DataError, match=r"EXIF orientation 6"):
        decoding.rgb(png(pixels, exif=exif), welcome)


@pytest.mark.parametrize(
    ("kind", "options", "closing"),
    [
        ("JPEG", {}, b"\xff\xd9"),
        ("JPEG", {"progressive": True}, b"\xff\xd9"),
        ("JPEG", {"restart_marker_rows": 1}, b"\xff\xd9"),
        ("GIF", {}, b"\0;"),
        ("AVIF", {}, b""),
        ("BMP", {}, b""),
        ("PPM", {}, b""),
        ("PNG", {}, b"\0\0\0\0IEND\xaeB`\x82"),
        ("WEBP", {}, b""),
        ("WEBP", {"lossless": True}, b""),
    ],
)
def test_a_picture_that_was_cut_and_closed_is_refused(kind, options, closing):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (64, 128, 3), np.uint8)
    PillowImage.fromarray(pixels).save(file, kind, **options)
    whole = file.getvalue()
    decoding.rgb(whole, welcome)
    cut = bytearray(whole[: len(whole) // 2 // 2 * 2] + closing)
    if kind == "WEBP":  # the length of the file, and that of its only part
        cut[4:8], cut[16:20] = struct.pack("<I", len(cut) - 8), struct.pack("<I", len(cut) - 20)
    if kind == "PNG":  # the length and the checksum of its only part
        at = whole.index(b"IDAT")
        part = whole[at : len(whole) // 2]
        cut = whole[: at - 4] + struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) + closing
    with pytest.raises(DataError, match=r"damaged or cut short|not a picture"):
        decoding.rgb(bytes(cut), welcome)


def test_the_pixels_of_a_file_are_counted_without_decoding():
    whole = png(np.zeros((7, 13, 3), np.uint8))
    assert math.prod(decoding.size(whole[: whole.index(b"IDAT") + 4])) == 7 * 13
    assert decoding.size(b"no picture") == (0, 0)


def bmp(values, masks=b""):
    """A BMP of 16 bits a pixel, uint16 `(height, width)`, of a width that fills its rows."""
    raw = values[::-1].astype("<u2").tobytes()
    height, width = values.shape
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 16, 3 if masks else 0, len(raw), 0, 0, 0, 0) + masks
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(raw), 0, 0, 14 + len(head)) + head + raw


def test_a_bmp_of_16_bits_a_pixel_is_read_and_called_what_it_is():
    white, red, green = 0xFFFF, 0xF800, 0x0400
    pixels, note = decoding.rgb(
        bmp(np.array([[white, red], [green, 0]]), struct.pack("<III", 0xF800, 0x7E0, 31)), welcome
    )
    np.testing.assert_array_equal(pixels, [[[255] * 3, [255, 0, 0]], [[0, 32 * 255 // 63, 0], [0] * 3]])
    assert note == "RGB of 5, 6 and 5 bits"
    pixels, note = decoding.rgb(bmp(np.array([[0x7FFF, 0x7C00]])), welcome)
    np.testing.assert_array_equal(pixels, [[[255] * 3, [255, 0, 0]]])
    assert note == "RGB of 5 bits a colour"


def test_what_pillow_does_not_support_is_not_called_damaged():
    with pytest.raises(DataError, match=r"is of a kind that cannot be read .*; save it as PNG"):
        decoding.rgb(bmp(np.zeros((2, 2), int), struct.pack("<III", 0xF00, 0xF0, 0xF)), welcome)


def test_a_gif_with_a_part_of_its_picture_is_refused():
    file = io.BytesIO()
    PillowImage.fromarray(np.zeros((64, 128), np.uint8)).save(file, "GIF")
    whole = file.getvalue()
    decoding.rgb(whole, welcome)
    with pytest.raises(DataError, match="has pixels for 128x64 of its 128x128 only"):
        decoding.rgb(whole[:6] + struct.pack("<HH", 128, 128) + whole[10:], welcome)


@pytest.mark.parametrize(
    ("kind", "options", "lossy"),
    [
        ("JPEG", {}, True),
        ("AVIF", {}, True),
        ("WEBP", {}, True),
        ("WEBP", {"lossless": True}, False),
        ("TIFF", {"compression": "jpeg"}, True),
        ("TIFF", {}, False),
        ("PNG", {}, False),
    ],
)
def test_lossy_formats_are_known(kind, options, lossy):
    file = io.BytesIO()
    PillowImage.fromarray(np.zeros((64, 128, 3), np.uint8)).save(file, kind, **options)
    assert decoding.is_lossy(file.getvalue()) == lossy
    assert not decoding.is_lossy(file.getvalue()[:5])
