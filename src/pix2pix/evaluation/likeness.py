"""How alike two pictures are: L1, PSNR, SSIM. Each function has the key of its measure for a name."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from pix2pix.evaluation.measure import Measure
from pix2pix.evaluation.watched import L1, SSIM

Image = NDArray[Any]
# These exceed the PSNR of any two different pictures of up to 1024x1024, by the type of their values: with a single
# value off by one level RGB pictures of uint8 have 113 dB, of uint16 161 dB.
EQUAL_PSNR = {"uint8": 120.0, "uint16": 170.0}


def l1(real: Image, generated: Image) -> float:
    """Mean absolute difference of two pictures, in [0, 1]. The loss has twice this value: its pictures span 2.

    Here and below, pictures are uint8 or uint16 `(height, width, channels)`, and their range is that of their type.
    """
    return float(np.abs(real.astype(np.int32) - generated).mean() / _range(real))


def psnr(real: Image, generated: Image) -> float:
    """Peak signal-to-noise ratio of two pictures in dB; `EQUAL_PSNR` for equal pictures, where it is infinite."""
    from skimage.metrics import peak_signal_noise_ratio  # imports scipy.stats, a second that training does not need

    if np.array_equal(real, generated):
        return EQUAL_PSNR[real.dtype.name]
    return float(peak_signal_noise_ratio(real, generated, data_range=_range(real)))


def ssim(real: Image, generated: Image) -> float:
    """Structural similarity of two pictures, in [-1, 1], the mean over the channels.

    It uses the Gaussian window of σ = 1.5 and the population covariances of Wang et al. 2004.
    """
    return float(
        structural_similarity(
            real,
            generated,
            data_range=_range(real),
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def _range(picture: Image) -> int:
    return int(np.iinfo(picture.dtype).max)


# Training computes these measures after every epoch. The first one decides whether training improves.
WATCHED: dict[Measure, Callable[[Image, Image], float]] = {L1: l1, SSIM: ssim}
