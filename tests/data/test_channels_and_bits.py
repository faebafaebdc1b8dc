"""Files of any format, channels and bits, as they are asked for, against what was written into them."""

import io

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from pix2pix.base.deep_png import encoded as deep_png
from pix2pix.base.errors import DataError
from pix2pix.data.channels import Asked
from pix2pix.data.decoding import decode

NAMES = {1: "grey", 3: "RGB", 4: "RGBA"}


def noise(height, width, channels, dtype, seed=0):
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, (height, width, channels), dtype, endpoint=True)


def tiff(pixels, **how):
    file, how = io.BytesIO(), {"planarconfig": "contig"} | how
    if pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    elif how.get("planarconfig") == "separate":
        pixels = np.moveaxis(pixels, -1, 0)
    tifffile.imwrite(file, pixels, **how)
    return file.getvalue()


def pages(stack):
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for page in stack:
            writer.write(page, photometric="minisblack", planarconfig="contig" if page.ndim == 3 else None)
    return file.getvalue()


def coloured_tiff(pixels, **how):
    kinds = {1: {"photometric": "minisblack"}, 3: {"photometric": "rgb"}}
    return tiff(pixels, **how, **kinds.get(pixels.shape[2], {"photometric": "rgb", "extrasamples": ["unassalpha"]}))


def lzw(pixels):
    """By Pillow, which writes RGB of 8 bits and grey only."""
    file = io.BytesIO()
    PillowImage.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "TIFF", compression="tiff_lzw")
    return file.getvalue()


def shallow_png(pixels):
    file = io.BytesIO()
    PillowImage.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def netpbm(pixels, most=None):
    height, width, channels = pixels.shape
    most = most or np.iinfo(pixels.dtype).max
    body = pixels.astype(">u2" if most > 255 else "u1").tobytes()
    return f"P{5 if channels == 1 else 6}\n{width} {height}\n{most}\n".encode() + body


def npy(values, **how):
    file = io.BytesIO()
    np.save(file, values, **how)
    return file.getvalue()


# By name: a function that writes pixels, and the pixels that it can write, as (channels, bits).
ALL = {(channels, bits) for channels in NAMES for bits in (8, 16)}
FORMATS = {
    "png": (lambda pixels: (deep_png if pixels.dtype == np.uint16 else shallow_png)(pixels), ALL),
    "tiff": (coloured_tiff, ALL),
    "tiff deflate": (lambda pixels: coloured_tiff(pixels, compression="zlib", predictor=2), ALL),
    "tiff tiles": (lambda pixels: coloured_tiff(pixels, tile=(16, 16)), ALL),
    "tiff big-endian": (lambda pixels: coloured_tiff(pixels, byteorder=">"), ALL),
    "tiff planes": (lambda pixels: coloured_tiff(pixels, planarconfig="separate"), ALL - {(1, 8), (1, 16)}),
    "tiff lzw": (lzw, {(1, 8), (1, 16), (3, 8)}),
    "netpbm": (netpbm, ALL - {(4, 8), (4, 16)}),
}


def expected(pixels, asked):
    """By the rules as the manual states them, in floating point."""
    if asked.bits == 8 and pixels.dtype == np.uint16:
        pixels = (pixels // 256).astype(np.uint8)
    colours, alpha = pixels[..., :3], pixels[..., 3:]
    if asked.channels == 1 and colours.shape[2] == 3:
        weights = np.array([19595, 38470, 7471]) / 65536  # of ITU-R BT.601, as Pillow rounds them
        colours = np.floor(colours @ weights + 0.5).astype(pixels.dtype)[..., None]
    elif asked.channels > 1 and colours.shape[2] == 1:
        colours = np.concatenate([colours] * 3, axis=2)
    if asked.channels < 4:
        return colours
    opaque = np.full((*colours.shape[:2], 1), np.iinfo(pixels.dtype).max, pixels.dtype)
    return np.concatenate([colours, alpha if alpha.size else opaque], axis=2)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_pixels_arrive_as_they_are_asked_for(data):
    name = data.draw(st.sampled_from(sorted(FORMATS)))
    write, able = FORMATS[name]
    channels, bits = data.draw(st.sampled_from(sorted(able)))
    asked = Asked(
        data.draw(st.sampled_from(sorted(NAMES))), data.draw(st.sampled_from([bits] if name == "netpbm" else [8, bits]))
    )
    height, width = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 20))
    pixels = noise(height, width, channels, np.uint16 if bits == 16 else np.uint8, data.draw(st.integers(0, 99)))
    if channels == 4 and asked.channels < 4:
        pixels[..., 3] = np.iinfo(pixels.dtype).max
    found, _ = decode(write(pixels), lambda *_: None, asked)
    assert found.dtype == asked.dtype
    np.testing.assert_array_equal(found, expected(pixels, asked))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_bands_arrive_as_they_are(data):
    channels, dtype = data.draw(st.integers(2, 16)), data.draw(st.sampled_from([np.uint8, np.uint16]))
    pixels = noise(data.draw(st.integers(1, 9)), data.draw(st.integers(5, 9)), channels, dtype)
    asked = Asked(channels, 8 * pixels.dtype.itemsize)
    how = data.draw(st.sampled_from(["npy", "npy columns", "npy big-endian", "contig", "separate", "pages"]))
    stored = {"npy columns": np.asfortranarray(pixels), "npy big-endian": pixels.astype(pixels.dtype.newbyteorder(">"))}
    if how.startswith("npy"):
        file = npy(stored.get(how, pixels))
    elif how == "pages":
        file = pages(np.moveaxis(pixels, -1, 0))
    else:
        file = tiff(
            pixels, planarconfig=how, photometric="minisblack", compression=data.draw(st.sampled_from([None, "zlib"]))
        )
    found, note = decode(file, lambda *_: None, asked)
    np.testing.assert_array_equal(found, pixels)
    assert (found.dtype, note) == (asked.dtype, None)


def test_a_full_brightness_of_its_own_becomes_65535():
    pixels = np.array([[[0], [2048], [4095]]], np.uint16)
    found, _ = decode(netpbm(pixels, most=4095), lambda *_: None, Asked(1, 16))
    assert found.ravel().tolist() == [0, round(2048 * 65535 / 4095), 65535]
    plain, _ = decode(b"P2\n2 1\n1000\n500 1000\n", lambda *_: None, Asked(1, 16))
    assert plain.ravel().tolist() == [round(500 * 65.535), 65535]


@pytest.mark.parametrize(
    ("pixels", "asked", "note"),
    [
        (noise(2, 2, 1, np.uint8), Asked(1), None),
        (noise(2, 2, 3, np.uint8), Asked(1), "as grey: RGB"),
        (noise(2, 2, 3, np.uint16), Asked(1), "as grey: 16-bit RGB"),
        (noise(2, 2, 1, np.uint16), Asked(1), "as grey: 16-bit grey"),
        (noise(2, 2, 1, np.uint16), Asked(1, 16), None),
        (noise(2, 2, 3, np.uint16), Asked(1, 16), "as grey: RGB"),
        (noise(2, 2, 4, np.uint8), Asked(4), None),
        (noise(2, 2, 3, np.uint8), Asked(4), "as RGBA: RGB"),
        (noise(2, 2, 1, np.uint8), Asked(3), "grey"),
        (noise(2, 2, 3, np.uint8), Asked(3), None),
    ],
)
def test_conversions_are_named(pixels, asked, note):
    write = deep_png if pixels.dtype == np.uint16 else shallow_png
    assert decode(write(pixels), lambda *_: None, asked)[1] == note


def test_each_half_may_be_transparent_where_alpha_is_asked_for():
    pixels = noise(4, 8, 4, np.uint8)
    pixels[:, 4:, 3] = 255
    file = shallow_png(pixels)
    np.testing.assert_array_equal(decode(file, lambda *_: None, Asked(4), "left")[0], pixels[:, :4])
    np.testing.assert_array_equal(decode(file, lambda *_: None, Asked(3), "right")[0], pixels[:, 4:, :3])
    with pytest.raises(DataError, match="transparent"):
        decode(file, lambda *_: None, Asked(3), "left")


def refused(file, asked, refuse=lambda *_: None):
    with pytest.raises(DataError) as error:
        decode(file, refuse, asked)
    (line,) = str(error.value).splitlines()
    return line


FIVE = noise(6, 7, 5, np.uint16)


@pytest.mark.parametrize(
    ("file", "asked", "words"),
    [
        (shallow_png(noise(2, 2, 1, np.uint8)), Asked(1, 16), "has 8 bits, and 16 are asked for"),
        (netpbm(noise(2, 2, 3, np.uint8)), Asked(3, 16), "has 8 bits"),
        (coloured_tiff(noise(2, 2, 3, np.uint8)), Asked(3, 16), "has 8 bits"),
        (npy(noise(2, 2, 5, np.uint8)), Asked(5, 16), "has 8 bits"),
        (npy(FIVE), Asked(3, 16), "has 5 bands, and RGB of 16 bits are asked for"),
        (npy(FIVE), Asked(4), "has 5 bands"),
        (tiff(FIVE, photometric="minisblack"), Asked(), "has 5 bands, and RGB of 8 bits are asked for"),
        (tiff(FIVE, photometric="minisblack"), Asked(6, 16), "has 5 bands, and 6 bands of 16 bits"),
        (shallow_png(noise(2, 2, 3, np.uint8)), Asked(5), "is no TIFF and no .npy"),
        (npy(FIVE.astype(np.float32)), Asked(5, 16), "holds values of float32; scale them to 0 … 65535"),
        (npy(FIVE.astype(np.int16)), Asked(5, 16), "holds values of int16"),
        (npy(np.array([[{}]], object), allow_pickle=True), Asked(1), "holds values of Python objects"),
        (npy(noise(2, 2, 17, np.uint8)), Asked(16), "has the shape (2, 2, 17)"),
        (npy(np.zeros((0, 3, 3), np.uint8)), Asked(), "has the shape (0, 3, 3)"),
        (npy(np.zeros((2, 2, 2, 2), np.uint8)), Asked(2), "has the shape (2, 2, 2, 2)"),
        (npy(FIVE)[:-1], Asked(5, 16), "damaged or cut short"),
        (npy(FIVE) + b"\0", Asked(5, 16), "damaged or cut short"),
        (npy(FIVE)[:20], Asked(5, 16), "damaged or cut short"),
        (tiff(FIVE.astype(np.float32), photometric="minisblack"), Asked(5, 16), "has samples of float32"),
        (tiff(FIVE, photometric="minisblack")[:-100], Asked(5, 16), "damaged or cut short"),
        (tiff(FIVE, photometric="minisblack", compression="zlib")[:-50], Asked(5, 16), "damaged or cut short"),
        (tiff(noise(4, 4, 17, np.uint8), photometric="minisblack"), Asked(16), "has 17 bands; 16 are the most"),
        (tiff(FIVE, photometric="minisblack", extratags=[(274, 3, 1, 6, True)]), Asked(5, 16), "is rotated"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_in_one_line(file, asked, words):
    assert words in refused(file, asked)


@pytest.mark.parametrize(
    ("stack", "asked"),
    [
        (noise(3, 4, 4, np.uint16), Asked(3, 16)),  # no bands are asked for: an animation, or a scan of three sheets
        (noise(3, 4, 4, np.uint8), Asked()),
        ([FIVE, FIVE], Asked(10, 16)),
        ([FIVE[..., 0], FIVE[:5, :, 0]], Asked(2, 16)),
        (noise(17, 4, 4, np.uint8), Asked(16)),
    ],
)
def test_several_pictures_are_bands_only_where_bands_are_asked_for_and_alike(stack, asked):
    assert f"holds {len(stack)} pictures" in refused(pages(stack), asked)


@pytest.mark.parametrize("file", [npy(FIVE), tiff(FIVE, photometric="minisblack"), deep_png(noise(6, 7, 1, np.uint16))])
def test_a_size_is_refused_before_anything_is_decoded(file):
    seen = []

    def refuse(*size):
        seen.append(size)
        raise DataError("too large")

    assert refused(file, Asked(1 if file.startswith(b"\x89") else 5, 16), refuse) == "too large"
    assert seen == [(7, 6)]


def test_a_stream_that_unpacks_to_more_than_its_strip_is_refused():
    file = tiff(np.zeros((64, 64, 5), np.uint8), photometric="minisblack", compression="zlib")
    with tifffile.TiffFile(io.BytesIO(file)) as opened:
        tag = opened.pages.first.tags["ImageLength"]
        rows = opened.pages.first.tags["RowsPerStrip"]
    patched = bytearray(file)
    for each in (tag, rows):
        patched[each.valueoffset : each.valueoffset + 2] = (8).to_bytes(2, "little")
    assert "damaged" in refused(bytes(patched), Asked(5))


BANDS = {
    "npy": npy(FIVE),
    "plain": tiff(FIVE, photometric="minisblack"),
    "deflate": tiff(FIVE, photometric="minisblack", compression="zlib", planarconfig="separate"),
    "pages": pages(np.moveaxis(FIVE, -1, 0)),
}


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(BANDS)), damage=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255))))
def test_damage_is_refused_or_changes_values_alone(kind, damage):
    file = bytearray(BANDS[kind])
    for place, value in damage[:4]:
        file[place % min(len(file), 400)] = value
    try:
        found, _ = decode(bytes(file), _refuse_large, Asked(5, 16))
    except DataError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert found.dtype == np.uint16 and found.shape[2] == 5 and found.size <= 5 * 10**6


def _refuse_large(width, height):
    if width * height > 10**6:
        raise DataError("too large")
