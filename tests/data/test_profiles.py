"""Colour profiles and a PNG's gamma, against formulas of the standards and files that Pillow writes."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageCms

from pix2pix.data import decoding
from pix2pix.data.labels import CMP
from pix2pix.data.profiles import _made

PIXELS = np.random.default_rng(0).integers(0, 256, (16, 32, 3), np.uint8)
# White, red, green and blue of Display P3, and its colours in those of sRGB, both linear: CSS Color 4.
P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)
P3_TO_SRGB = np.array(
    [[1.2249401763, -0.2249401763, 0], [-0.0420569547, 1.0420569547, 0], [-0.0196375546, -0.0786360456, 1.0982736001]]
)


def encoded(light):
    """Linear light of sRGB, 0 … 1, as values 0 … 255: IEC 61966-2-1."""
    light = light.clip(0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def png_with(*chunks, pixels=PIXELS):
    """A PNG with chunks of its own after its head."""
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, "PNG")
    whole = file.getvalue()
    told = b"".join(struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return whole[:33] + told + whole[33:]


def gama(gamma):
    return b"gAMA" + struct.pack(">I", round(gamma * 100_000))


def chrm(primaries):
    return b"cHRM" + struct.pack(">8I", *(round(value * 100_000) for value in primaries))


def saved(kind, picture, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def decoded(data):
    return decoding.rgb(data, lambda *_: None)


def test_a_gamma_of_its_own_is_converted():
    pixels, note = decoded(png_with(gama(1.0)))
    np.testing.assert_allclose(pixels, encoded(PIXELS / 255), atol=1)
    assert note == "colour profile of PNG, gamma 1"
    grey, note = decoded(png_with(gama(1.0), pixels=PIXELS[..., 0]))
    np.testing.assert_allclose(grey[..., 1], encoded(PIXELS[..., 0] / 255), atol=1)
    assert note == "grey, colour profile of PNG, gamma 1"


def test_primaries_of_its_own_are_converted():
    pixels, note = decoded(png_with(gama(0.45455), chrm(P3)))
    np.testing.assert_allclose(pixels, encoded((PIXELS / 255) ** 2.2 @ P3_TO_SRGB.T), atol=1.1)
    assert note


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(0.45455)],
        [gama(0.45455), chrm((0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06))],
        [b"sRGB\0", gama(1.0)],  # sRGB counts, says the standard
    ],
)
def test_what_says_srgb_changes_no_byte(chunks):
    pixels, note = decoded(png_with(*chunks))
    np.testing.assert_array_equal(pixels, PIXELS)
    assert note is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_an_embedded_srgb_profile_changes_no_byte(kind):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = PillowImage.fromarray(PIXELS)
    pixels, note = decoded(saved(kind, picture, icc_profile=profile))
    np.testing.assert_array_equal(pixels, decoded(saved(kind, picture))[0])
    assert note is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_label_maps_in_display_p3_keep_their_classes(kind):
    """Shown right, saved with another profile: read as sRGB, doors were lost."""
    ids = np.arange(12, dtype=np.uint8).reshape(3, 4).repeat(16, axis=0).repeat(16, axis=1)
    light = ((CMP.paint(ids) / 255 + 0.055) / 1.055).clip(0) ** 2.4 @ np.linalg.inv(P3_TO_SRGB).T
    in_p3 = (255 * light.clip(0, 1) ** (1 / 2.2)).round().astype(np.uint8)
    picture = PillowImage.fromarray(in_p3)
    pixels, note = decoded(saved(kind, picture, icc_profile=_made(1 / 2.2, P3), quality=100))
    assert note and "colour profile" in note
    inner = np.s_[8::16, 8::16]  # compression mixes colours at the edges
    assert (CMP.classes(pixels)[inner] == ids[inner]).all()
    far, without = (CMP.far(each[inner], CMP.classes(each)[inner]) for each in (pixels, in_p3))
    assert far == 0 < without, "or the profile makes no difference, and this shows nothing"


def test_a_palette_picture_with_a_profile_is_converted():
    picture = PillowImage.fromarray(PIXELS).quantize(16)
    pixels, note = decoded(saved("PNG", picture, icc_profile=_made(1.0, P3)))
    assert note == "palette, colour profile of PNG, gamma 1"
    expected = encoded(np.asarray(picture.convert("RGB")) / 255 @ P3_TO_SRGB.T)
    np.testing.assert_allclose(pixels, expected, atol=1.1)


@pytest.mark.parametrize("profile", [b"junk", b"\0" * 200, _made(1.0, P3)[:150]])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_broken_profile_is_a_note(kind, profile):
    pixels, note = decoded(saved(kind, PillowImage.fromarray(PIXELS), icc_profile=profile))
    np.testing.assert_array_equal(pixels, decoded(saved(kind, PillowImage.fromarray(PIXELS)))[0])
    assert note == "a colour profile that cannot be read, left aside"


@pytest.mark.parametrize("chunk", [gama(0), gama(0.00001), chrm((0,) * 8), chrm((0.3,) * 8)])
def test_impossible_chunks_are_a_note(chunk):
    pixels, note = decoded(png_with(chunk))
    np.testing.assert_array_equal(pixels, PIXELS)
    assert note == "a colour profile that cannot be read, left aside"


def test_a_profile_for_other_pictures_is_a_note():
    picture = PillowImage.fromarray(PIXELS).convert("CMYK")
    pixels, note = decoded(saved("TIFF", picture, icc_profile=_made(1.0, P3)))
    np.testing.assert_array_equal(pixels, np.asarray(picture.convert("RGB")))
    assert note == "CMYK, a colour profile for other pictures (of PNG, gamma 1), left aside"


def test_a_profile_without_all_its_parts_is_a_note():
    """A JPEG has a long profile in several segments."""
    data = saved("JPEG", PillowImage.fromarray(PIXELS), icc_profile=_made(1.0, P3) + bytes(140_000))
    second = data.index(b"\xff\xe2", data.index(b"\xff\xe2") + 2)
    cut = data[:second] + data[second + 2 + int.from_bytes(data[second + 2 : second + 4]) :]
    assert decoded(cut)[1] == "a colour profile that cannot be read, left aside"


def test_a_profile_that_does_not_unpack_is_a_note():
    assert decoded(png_with(b"iCCPx\0\0junk"))[1] == "a colour profile that cannot be read, left aside"
