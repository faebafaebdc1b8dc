import numpy as np
import pytest

from pix2pix.evaluation.colourfulness import colourfulness


def test_a_value_worked_by_hand():
    """Red and blue in equal parts.

    rg is 255 and 0: mean 127.5, deviation 127.5. yb is 127.5 and -255: mean -63.75, deviation 191.25.
    """
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[:, 0, 0], picture[:, 1, 2] = 255, 255
    by_hand = (127.5**2 + 191.25**2) ** 0.5 + 0.3 * (127.5**2 + 63.75**2) ** 0.5
    assert by_hand == pytest.approx(229.854 + 42.765, abs=1e-3)
    assert colourfulness(picture) == pytest.approx(by_hand)


def test_grey_has_none_also_in_one_channel_and_in_16_bits():
    grey = np.random.default_rng(0).integers(0, 256, (8, 8, 1), np.uint8)
    assert colourfulness(grey) == colourfulness(grey.repeat(3, -1)) == 0
    assert colourfulness(grey.astype(np.uint16) * 257) == 0


def test_one_colour_everywhere_has_that_of_its_mean_alone():
    picture = np.full((4, 4, 3), (200, 100, 50), np.uint8)
    assert colourfulness(picture) == pytest.approx(0.3 * (100**2 + 100**2) ** 0.5)


def test_16_bits_are_as_colourful_as_the_same_8():
    picture = np.random.default_rng(1).integers(0, 256, (8, 8, 3), np.uint8)
    assert colourfulness(picture.astype(np.uint16) * 257) == pytest.approx(colourfulness(picture))
