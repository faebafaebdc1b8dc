"""How alike two pictures are: L1, PSNR, SSIM. Each function has the key of its measure for a name."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from pix2pix.evaluation.measure import Measure
from pix2pix.evaluation.watched import L1, SSIM

Image = NDArray[np.uint8]
# This exceeds the PSNR of any two different pictures of up to 1024x1024: a single value off by one level gives 113 dB.
EQUAL_PSNR = 120.0


def l1(real: Image, generated: Image) -> float:
    """Mean absolute difference of two uint8 pictures, in [0, 1]. The loss has twice this value: its pictures span 2."""
    return float(np.abs(real.astype(np.int16) - generated).mean() / 255)


def psnr(real: Image, generated: Image) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures in dB; `EQUAL_PSNR` for equal pictures, where it is infinite."""
    if np.array_equal(real, generated):
        return EQUAL_PSNR
    return float(peak_signal_noise_ratio(real, generated, data_range=255))


def ssim(real: Image, generated: Image) -> float:
    """Structural similarity of two uint8 RGB pictures, in [-1, 1], the mean over the channels.

    It uses the Gaussian window of σ = 1.5 and the population covariances of Wang et al. 2004.
    """
    return float(
        structural_similarity(
            real,
            generated,
            data_range=255,
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


# Training computes these measures after every epoch. The first one decides whether training improves.
WATCHED: dict[Measure, Callable[[Image, Image], float]] = {L1: l1, SSIM: ssim}
