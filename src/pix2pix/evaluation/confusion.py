"""Scores of class maps, from counts of pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ClassMap = NDArray[np.uint8]
# Counts of pixels, or sums of such counts.
Confusion = NDArray[np.int64] | NDArray[np.float64]


def confusion(truth: ClassMap, answer: ClassMap, classes: int) -> NDArray[np.int64]:
    """Counts of pixels, int64 `(classes, classes)`: rows are the true class, columns the answered one."""
    pairs = truth.ravel().astype(np.int64) * classes + answer.ravel()
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


@dataclass(frozen=True)
class SegmentationScores:
    """The scores of Long et al. 2015 (section 5), all in [0, 1]; each field has the key of its measure for a name.

    Attributes:
        pixel_accuracy: share of the pixels with the right class.
        class_accuracy: mean over the classes of the share of their pixels with the right class.
        class_iou: mean over the classes of intersection over union.
        frequency_weighted_iou: the same mean, in which a class weighs as much as it has pixels in the truth.
    """

    pixel_accuracy: float
    class_accuracy: float
    class_iou: float
    frequency_weighted_iou: float


def segmentation_scores(counts: Confusion) -> SegmentationScores:
    """The scores of a confusion matrix, see `confusion`; classes absent from the truth are left out of the means."""
    there = counts.sum(axis=1) > 0
    hits, truth, answers = np.diag(counts)[there], counts.sum(axis=1)[there], counts.sum(axis=0)[there]
    accuracy, iou = hits / truth, hits / (truth + answers - hits)
    return SegmentationScores(
        pixel_accuracy=float(hits.sum() / truth.sum()),
        class_accuracy=float(accuracy.mean()),
        class_iou=float(iou.mean()),
        frequency_weighted_iou=float((truth * iou).sum() / truth.sum()),
    )
