import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import CHECKOUT

from pix2pix.evaluation import likeness


def picture(seed, shape=(24, 20, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_l1_by_hand():
    real = np.array([[[0, 255, 10]]], np.uint8)
    generated = np.array([[[255, 0, 40]]], np.uint8)
    assert likeness.l1(real, generated) == pytest.approx((255 + 255 + 30) / 3 / 255)
    assert likeness.l1(generated, real) == likeness.l1(real, generated)  # uint8 must not wrap around
    assert likeness.l1(real, real) == 0


def test_psnr_by_hand():
    real = np.zeros((4, 4, 3), np.uint8)
    assert likeness.psnr(real, real + np.uint8(255)) == pytest.approx(0)
    assert likeness.psnr(real + np.uint8(255), real) == pytest.approx(0)
    assert likeness.psnr(real, real + np.uint8(16)) == pytest.approx(20 * np.log10(255 / 16))
    half = real.copy()
    half[:2] = 16
    assert likeness.psnr(real, half) == pytest.approx(20 * np.log10(255 / 16) + 10 * np.log10(2))


@pytest.mark.filterwarnings("error")
def test_psnr_of_equal_pictures_is_above_that_of_any_others():
    one_level_off = np.zeros((1024, 1024, 3), np.uint8)
    one_level_off[0, 0, 0] = 1
    nearly = likeness.psnr(np.zeros_like(one_level_off), one_level_off)
    assert 113 < nearly < likeness.psnr(picture(0), picture(0)) < float("inf")


def ssim_of_a_channel(x, y):
    """Wang et al. 2004, equation 13, an 11x11 Gaussian window at a time, only where it fits."""
    x, y = x.astype(float), y.astype(float)
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            variance_a, variance_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
            covariance = (window * (a - mean_a) * (b - mean_b)).sum()
            values.append(
                (2 * mean_a * mean_b + c1)
                * (2 * covariance + c2)
                / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))
            )
    return np.mean(values)


@pytest.mark.parametrize("noise", [0, 10, 60])
def test_ssim_as_its_authors_wrote_it(noise):
    real = picture(0)
    generated = np.clip(real + np.random.default_rng(1).normal(0, noise + 1, real.shape), 0, 255).astype(np.uint8)
    generated[..., 2] = 128  # the channels count alike
    expected = np.mean([ssim_of_a_channel(real[..., c], generated[..., c]) for c in range(3)])
    assert likeness.ssim(real, generated) == pytest.approx(expected, abs=1e-6)


def test_ssim_of_equal_and_opposite_pictures():
    assert likeness.ssim(picture(0), picture(0)) == pytest.approx(1)
    assert likeness.ssim(picture(0), 255 - picture(0)) < -0.5


def test_what_a_training_measures_does_not_import_statistics():
    """The import of `scipy.stats` takes a second of each start."""
    command = "import sys; from pix2pix.evaluation import watching; print('scipy.stats' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    done = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
