import numpy as np
import pytest
from scipy.signal import convolve2d

from pix2pix.evaluation.measures import FIVE_SCALES
from pix2pix.evaluation.multiscale import ms_ssim

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli & Bovik 2003, section 3.2


def picture(seed, size=FIVE_SCALES):
    """Noise on every scale."""
    random, found = np.random.default_rng(seed), np.zeros((size, size, 3))
    for step in (1, 4, 16, 44):
        found += np.kron(random.normal(0, 25, (size // step + 1, size // step + 1, 3)), np.ones((step, step, 1)))[
            :size, :size
        ]
    return np.clip(found + 128, 0, 255).astype(np.uint8)


def by_the_book(x, y):
    """Their equation 7 for one channel: contrast and structure on all scales, luminance on the coarsest."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    x, y, value = x.astype(float), y.astype(float), 1.0
    for scale, weight in enumerate(WEIGHTS):
        if scale:
            x, y = (each.reshape(len(each) // 2, 2, -1, 2).mean(axis=(1, 3)) for each in (x, y))
        mean_x, mean_y, square_x, square_y, product = (
            convolve2d(each, window, "valid") for each in (x, y, x * x, y * y, x * y)
        )
        variances, covariance = square_x - mean_x**2 + square_y - mean_y**2, product - mean_x * mean_y
        contrast = (2 * covariance + c2) / (variances + c2)
        luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        value *= (contrast * luminance if scale == 4 else contrast).mean() ** weight
    return value


def test_as_its_authors_wrote_it():
    real = picture(0)
    generated = np.clip(real + np.random.default_rng(1).normal(0, 40, real.shape), 0, 255).astype(np.uint8)
    generated[..., 1] = generated[..., 1] // 2  # the channels count alike
    expected = np.mean([by_the_book(real[..., channel], generated[..., channel]) for channel in range(3)])
    assert 0.3 < expected < 0.95
    assert ms_ssim(real, generated) == pytest.approx(expected, abs=1e-4)


def test_equal_and_opposite_pictures():
    assert ms_ssim(picture(0), picture(0)) == pytest.approx(1)
    assert ms_ssim(picture(0), 255 - picture(0)) == 0
