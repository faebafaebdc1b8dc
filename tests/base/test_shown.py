import numpy as np
import pytest

from pix2pix.base.shown import mapping, shown


def noise(channels, dtype=np.uint8):
    return np.random.default_rng(channels).integers(0, np.iinfo(dtype).max, (5, 6, channels), dtype, endpoint=True)


def test_8_bit_rgb_is_shown_as_it_is():
    picture = noise(3)
    np.testing.assert_array_equal(shown(picture), picture)
    assert mapping(3, 8) is None


@pytest.mark.parametrize(("channels", "first"), [(1, [0, 0, 0]), (2, [0, 0, 0]), (5, [0, 1, 2]), (16, [0, 1, 2])])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_grey_and_bands(channels, first, dtype):
    picture = noise(channels, dtype)
    expected = picture[..., first] / (1 if dtype == np.uint8 else 257)
    assert np.abs(shown(picture) - expected).max() <= 0.5
    assert shown(picture).dtype == np.uint8


def test_alpha_is_laid_over_white():
    picture = noise(4)
    alpha = picture[..., 3:] / 255
    assert np.abs(shown(picture) - (picture[..., :3] * alpha + 255 * (1 - alpha))).max() <= 0.5 + 1e-9


def test_the_ends_of_16_bits_are_black_and_white():
    assert shown(np.array([[[0, 65535, 128]]], np.uint16)).tolist() == [[[0, 255, 0]]]


@pytest.mark.parametrize(
    ("channels", "bits", "words"),
    [
        (1, 8, "grey"),
        (1, 16, "grey, its 16 bits divided by 257"),
        (3, 16, "RGB, its 16 bits divided by 257"),
        (4, 8, "RGBA over white"),
        (2, 8, "grey, which is the first of 2 bands"),
        (7, 8, "RGB, which are the first three of 7 bands"),
    ],
)
def test_the_mapping_is_said(channels, bits, words):
    assert mapping(channels, bits) == words
