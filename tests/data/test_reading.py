import io
import struct
import zlib

import made_examples
import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import reading
from pix2pix.data.layouts import BOTH
from pix2pix.data.tasks import HALVES

MANY = 10**6


def encoded(pixels, mode="RGB", kind="PNG", **options):
    """A picture file of `pixels` (uint8 RGB or what `mode` needs)."""
    picture = pixels if isinstance(pixels, PillowImage.Image) else PillowImage.fromarray(pixels)
    if picture.mode != mode:
        picture = picture.convert(mode)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def read(data, labels):
    """What a file holds for a task of 32x32 whose input is the left half; `labels` is the half with labels."""
    kinds = ("label map" if half == labels else "picture" for half in ("left", "right"))
    return reading.read({BOTH: data}, made_examples.task(*kinds), HALVES["left_to_right"], MANY)


@pytest.mark.parametrize("direction", HALVES)
def test_halves_of_the_right_size_are_untouched(direction):
    pixels = noise(32, 64)
    pair = reading.read({BOTH: encoded(pixels)}, made_examples.task(), HALVES[direction], MANY)
    left, right = ("input", "target") if direction == "left_to_right" else ("target", "input")
    np.testing.assert_array_equal(pair.example[left], pixels[:, :32])
    np.testing.assert_array_equal(pair.example[right], pixels[:, 32:])
    assert {half.dtype for half in pair.example.values()} == {np.dtype(np.uint8)}
    assert (pair.size, pair.note) == ((64, 32), None)


def test_fields_need_not_be_square():
    pixels = noise(64, 96)
    pair = reading.read({BOTH: encoded(pixels)}, made_examples.task(size=(32, 64)), HALVES["left_to_right"], MANY)
    for name, source, how in (("input", pixels[:, :48], "NEAREST"), ("target", pixels[:, 48:], "BICUBIC")):
        expected = PillowImage.fromarray(source).resize((64, 32), getattr(PillowImage.Resampling, how))
        np.testing.assert_array_equal(pair.example[name], expected)


@pytest.mark.parametrize("labels", ["left", "right", None])
def test_labels_are_resized_to_the_nearest_and_photos_bicubically(labels):
    pixels = noise(64, 96)
    pair = read(encoded(pixels), labels)
    for half, name, source in (
        (pair.example["input"], "left", pixels[:, :48]),
        (pair.example["target"], "right", pixels[:, 48:]),
    ):
        how = PillowImage.Resampling.NEAREST if name == labels else PillowImage.Resampling.BICUBIC
        np.testing.assert_array_equal(half, PillowImage.fromarray(source).resize((32, 32), how))


def test_shrinking_a_photo_averages_and_never_mixes_labels():
    board = np.zeros((256, 512, 3), np.uint8)
    board[::2] = 255  # lines finer than what is kept
    pair = read(encoded(board), "right")
    assert abs(int(pair.example["input"][8, 8, 0]) - 127) <= 2
    assert set(np.unique(pair.example["target"])) <= {0, 255}


def test_enlarging_labels_repeats_them():
    pixels = noise(16, 32)
    pair = read(encoded(pixels), "left")
    np.testing.assert_array_equal(pair.example["input"], pixels[:, :16].repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize(
    ("mode", "kind", "note"), [("L", "PNG", "grey"), ("1", "PNG", "black and white"), ("CMYK", "JPEG", "CMYK")]
)
def test_other_modes_are_converted_and_noted(mode, kind, note):
    grey = np.full((32, 64, 3), 255, np.uint8)
    pair = read(encoded(grey, mode, kind), "right")
    assert pair.note == note
    assert abs(pair.example["input"].astype(int) - 255).max() <= 2


def test_a_palette_picture_keeps_its_colours():
    picture = PillowImage.new("P", (64, 32), 1)
    picture.putpalette([0, 0, 222, 1, 207, 255])
    pair = read(encoded(picture, "P"), "right")
    assert pair.note == "palette"
    assert (pair.example["target"] == (1, 207, 255)).all()


def test_sixteen_bits_keep_the_upper_eight():
    deep = np.arange(0, 65536, 32, dtype=np.uint16).reshape(32, 64)
    pair = read(encoded(deep, "I;16"), None)
    assert pair.note == "16-bit grey"
    np.testing.assert_array_equal(pair.example["input"][..., 0], deep[:, :32] // 256)


def test_sixteen_bit_colours_keep_the_upper_eight_and_are_noted():
    deep = np.random.default_rng(0).integers(0, 65536, (32, 64, 3)).astype(">u2")
    lines = zlib.compress(b"".join(b"\0" + line.tobytes() for line in deep))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 32, 16, 2, 0, 0, 0))
    pair = read(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", lines) + chunk(b"IEND", b""), None)
    np.testing.assert_array_equal(np.hstack(list(pair.example.values())), deep >> 8)
    assert pair.note == "16-bit RGB"


def test_opaque_alpha_is_dropped_and_noted_and_transparency_refused():
    rgba = np.dstack([noise(32, 64), np.full((32, 64), 255, np.uint8)])
    pair = read(encoded(rgba, "RGBA"), None)
    np.testing.assert_array_equal(pair.example["input"], rgba[:, :32, :3])
    assert pair.note == "RGBA with opaque alpha"
    rgba[3, 3, 3] = 254
    with pytest.raises(DataError, match="transparent pixels"):
        read(encoded(rgba, "RGBA"), None)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "PPM"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind, kept):
    whole = encoded(noise(64, 128), "P" if kind == "GIF" else "RGB", kind)
    with pytest.raises(DataError, match=r"damaged or cut short|not a picture"):
        read(whole[: int(len(whole) * kept)], "right")


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"\xff\xd8 no jpeg", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(DataError, match="not a picture"):
        read(data, "right")


@pytest.mark.parametrize(("width", "height"), [(63, 32), (1, 32)])
def test_an_odd_width_is_refused(width, height):
    with pytest.raises(DataError, match=f"{width} pixels wide"):
        read(encoded(noise(height, width)), "right")


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("side", [2_000, 60_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side):
    # A header alone: decoding it would say "cut short" instead.
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    with pytest.raises(DataError, match=r"more pixels than prepare.max_pixels = 1000000|larger than Pillow decodes"):
        read(head + chunk(b"IDAT", b""), "right")


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_picture_is_refused_and_an_upright_one_taken(orientation):
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    with pytest.raises(DataError, match=f"EXIF orientation {orientation}"):
        read(encoded(noise(32, 64), kind="JPEG", exif=exif), "right")
    exif[0x0112] = 1
    read(encoded(noise(32, 64), kind="JPEG", exif=exif), "right")


def test_an_orientation_that_is_no_number_is_shown_as_it_is():
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHI4sI", 0x0112, 2, 4, b"\x1b[2\0", 0)
    with pytest.raises(DataError, match=r"EXIF orientation '\\x1b\[2'"):
        read(encoded(noise(32, 64), kind="PNG", exif=exif), "right")


def test_a_png_whose_checksum_does_not_hold_is_refused():
    content = bytearray(encoded(noise(32, 64), compress_level=0))  # as it decodes, nothing but the checksum tells
    content[content.index(b"IDAT") + 500] ^= 1
    with pytest.raises(DataError, match="damaged or cut short"):
        read(bytes(content), "right")


def test_a_moving_picture_is_refused():
    frames = [PillowImage.fromarray(noise(32, 64, seed)) for seed in range(3)]
    with pytest.raises(DataError, match="holds 3 pictures"):
        read(encoded(frames[0], kind="GIF", mode="P", save_all=True, append_images=frames[1:]), None)


def test_pixels_of_an_unknown_range_are_refused():
    with pytest.raises(DataError, match="unknown range"):
        read(encoded(PillowImage.new("F", (64, 32), 0.5), "F", "TIFF"), None)
