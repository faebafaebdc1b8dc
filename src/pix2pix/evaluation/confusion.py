"""Scores of class maps, from counts of pixels."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.labels import NO_CLASS

ClassMap = NDArray[np.uint8]
# Counts of pixels, or sums of such counts.
Confusion = NDArray[np.int64] | NDArray[np.float64]


def confusion(truth: ClassMap, answer: ClassMap, classes: int) -> NDArray[np.int64]:
    """Count pixels, int64 `(classes, classes)`: a row is a true class, a column is an answered class.

    Pixels whose truth is `NO_CLASS` do not count. Every answer is a class.
    """
    there = truth != NO_CLASS
    pairs = truth[there].astype(np.int64) * classes + answer[there]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def confusions(truths_and_answers: Iterable[tuple[ClassMap, ClassMap]], classes: int) -> NDArray[np.int64]:
    """Return the `confusion` of each pair of class maps, int64 `(pairs, classes, classes)`, for at least one pair."""
    return np.stack([confusion(truth, answer, classes) for truth, answer in truths_and_answers])


@dataclass(frozen=True)
class SegmentationScores:
    """The scores of Long et al. 2015 (section 5), all in [0, 1]; each field has the key of its measure for a name.

    Attributes:
        pixel_accuracy: the share of all pixels that have the right class.
        class_accuracy: the share of a class's pixels that have the right class, as the mean over the classes.
        class_iou: intersection over union of a class, as the mean over the classes.
        frequency_weighted_iou: the same mean, weighted by the number of pixels that each class has in the truth.
    """

    pixel_accuracy: float
    class_accuracy: float
    class_iou: float
    frequency_weighted_iou: float


def segmentation_scores(counts: Confusion) -> SegmentationScores:
    """Score the counts that `confusion` returns; classes that the truth lacks are left out of the means."""
    there = counts.sum(axis=1) > 0
    hits, truth, answers = np.diag(counts)[there], counts.sum(axis=1)[there], counts.sum(axis=0)[there]
    accuracy, iou = hits / truth, hits / (truth + answers - hits)
    return SegmentationScores(
        pixel_accuracy=float(hits.sum() / truth.sum()),
        class_accuracy=float(accuracy.mean()),
        class_iou=float(iou.mean()),
        frequency_weighted_iou=float((truth * iou).sum() / truth.sum()),
    )
