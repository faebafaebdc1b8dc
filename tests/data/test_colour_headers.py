"""What BMP, GIF, PNG and AVIF say of their colours and Pillow does not read."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage
from test_profiles import P3, P3_TO_SRGB, PIXELS, decoded, encoded, png_with, saved

from pix2pix.data.profiles import _made

ICC = _made(1.0, P3)
LINEAR_P3 = encoded(PIXELS / 255 @ P3_TO_SRGB.T)
ASIDE = "a colour profile that cannot be read, left aside"


def bmp(space=b"DEBM", icc=ICC, ends=(0,) * 9, gammas=(0, 0, 0)):
    """A BMP with a BITMAPV5HEADER, as its specification lays it out."""
    raw = np.pad(PIXELS[::-1, :, ::-1], ((0, 0), (0, -PIXELS.shape[1] % 4), (0, 0))).tobytes()
    assert PIXELS.shape[1] % 4 == 0
    height, width, _ = PIXELS.shape
    head = struct.pack("<IiiHHIIiiII16x", 124, width, height, 1, 24, 0, len(raw), 0, 0, 0, 0) + space
    head += struct.pack("<9i3I", *ends, *gammas) + struct.pack("<IIII", 4, 124 + len(raw), len(icc), 0)
    return b"BM" + struct.pack("<IHHI", 138 + len(raw) + len(icc), 0, 0, 138) + head + raw + icc


def fixed(ends):
    return [round(value * 2**30) for value in ends]


def test_the_profile_of_a_bmp_is_converted():
    pixels, note = decoded(bmp())
    np.testing.assert_allclose(pixels, LINEAR_P3, atol=1.1)
    assert note == "colour profile of PNG, gamma 1"


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (bmp()[:-20], ASIDE),
        (bmp(icc=b"junk"), ASIDE),
        (bmp(b"KNIL"), "a colour profile in another file, left aside"),
        (bmp(b"BGRs", b""), None),
        (bmp(bytes(4), b""), None),
        (bmp(bytes(4), b"", fixed((0.64, 0.33, 0.03, 0.3, 0.6, 0.1, 0.15, 0.06, 0.79)), [144179] * 3), None),
        (
            bmp(bytes(4), b"", fixed((0.68, 0.32, 0, 0.265, 0.69, 0.045, 0.15, 0.06, 0.79)), [144179] * 3),
            "calibrated colours of a BMP, left aside",
        ),
    ],
    ids=["cut", "junk", "linked", "srgb", "unset", "calibrated srgb", "calibrated"],
)
def test_what_else_a_bmp_says_is_noted(data, note):
    pixels, told = decoded(data)
    np.testing.assert_array_equal(pixels, PIXELS)
    assert told == note


def test_the_profile_of_a_gif_is_converted():
    grey = PillowImage.fromarray(PIXELS[..., 0] // 64 * 64)
    plain = saved("GIF", grey)
    at = 13 + 3 * (2 << (plain[10] & 7))
    blocks = b"".join(bytes([len(ICC[i : i + 255])]) + ICC[i : i + 255] for i in range(0, len(ICC), 255))
    extension = b"\x21\xff\x0bICCRGBG1012" + blocks + b"\0"
    pixels, note = decoded(plain[:at] + extension + plain[at:])
    np.testing.assert_allclose(pixels[..., 0], encoded(np.asarray(grey) / 255), atol=1.1)
    assert note and note.endswith("colour profile of PNG, gamma 1")
    assert "colour" not in (decoded(plain)[1] or "")


def test_primaries_by_their_numbers_are_noted():
    def cicp(*numbers):
        png = png_with()
        chunk = b"cICP" + bytes(numbers)
        return png[:33] + struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + png[33:]

    assert decoded(cicp(12, 13, 0, 1))[1] == "colours of other primaries (CICP 12/13), left aside"
    assert decoded(cicp(1, 13, 0, 1))[1] is None
    avif = saved("AVIF", PillowImage.fromarray(PIXELS))
    at = avif.index(b"colrnclx") + 8
    assert decoded(avif)[1] is None
    other = avif[:at] + struct.pack(">H", 9) + avif[at + 2 :]
    assert decoded(other)[1] == "colours of other primaries (CICP 9/13), left aside"
