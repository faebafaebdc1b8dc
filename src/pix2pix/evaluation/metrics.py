"""Scores of pictures and of class maps, in NumPy and scikit-image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

Image = NDArray[np.uint8]
ClassMap = NDArray[np.uint8]
Confusion = NDArray[np.int64]
# Above that of any two different pictures of up to 1024x1024: one level off in one value gives 113 dB.
EQUAL_PSNR = 120.0


def l1(real: Image, generated: Image) -> float:
    """Mean absolute difference of two uint8 pictures, of the range 0 to 1 (half of the loss's [-1, 1] scale)."""
    return float(np.abs(real.astype(np.int16) - generated).mean() / 255)


def psnr(real: Image, generated: Image) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures in dB; of equal ones, where it is infinite, `EQUAL_PSNR`."""
    if np.array_equal(real, generated):
        return EQUAL_PSNR
    return float(peak_signal_noise_ratio(real, generated, data_range=255))


def ssim(real: Image, generated: Image) -> float:
    """Structural similarity of two uint8 RGB pictures, in [-1, 1], the mean over the channels.

    With the Gaussian window of σ = 1.5 and the population covariances of Wang et al. 2004.
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


def confusion(truth: ClassMap, answer: ClassMap, classes: int) -> Confusion:
    """Counts of pixels, int64 `(classes, classes)`: rows are the true class, columns the answered one."""
    pairs = truth.ravel().astype(np.int64) * classes + answer.ravel()
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True)
class SegmentationScores:
    """The scores of Long et al. 2015 (section 5), all in [0, 1].

    Attributes:
        pixel_accuracy: share of the pixels with the right class.
        class_accuracy: mean over the classes of the share of their pixels with the right class.
        class_iou: mean over the classes of intersection over union.
    """

    pixel_accuracy: float
    class_accuracy: float
    class_iou: float


def segmentation_scores(counts: Confusion) -> SegmentationScores:
    """The scores of a confusion matrix; classes absent from the truth are left out of the means."""
    hits = np.diag(counts)
    truth = counts.sum(axis=1)
    answers = counts.sum(axis=0)
    there = truth > 0
    return SegmentationScores(
        pixel_accuracy=float(hits.sum() / truth.sum()),
        class_accuracy=float((hits[there] / truth[there]).mean()),
        class_iou=float((hits[there] / (truth + answers - hits)[there]).mean()),
    )
