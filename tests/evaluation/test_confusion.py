import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from pix2pix.evaluation.confusion import SegmentationScores, confusion, segmentation_scores


def test_rows_are_the_truth_and_columns_the_answer():
    truth, answer = np.array([[0, 0, 1]], np.uint8), np.array([[0, 2, 2]], np.uint8)
    assert confusion(truth, answer, 3).tolist() == [[1, 0, 1], [0, 0, 1], [0, 0, 0]]


def test_class_ids_beyond_sixteen_do_not_wrap_around():
    """17 · 20 classes is more than a uint8 holds."""
    truth, answer = np.full((2, 2), 17, np.uint8), np.full((2, 2), 19, np.uint8)
    counts = confusion(truth, answer, 20)
    assert counts[17, 19] == 4 and counts.sum() == 4


def test_scores_by_hand():
    counts = np.array([[3, 1, 0], [2, 2, 0], [0, 1, 1]])
    scores = segmentation_scores(counts)
    assert scores.pixel_accuracy == pytest.approx(6 / 10)
    assert scores.class_accuracy == pytest.approx((3 / 4 + 2 / 4 + 1 / 2) / 3)
    # Intersection over union: 3 of 4 + 5 - 3, 2 of 4 + 4 - 2, 1 of 2 + 1 - 1.
    assert scores.class_iou == pytest.approx((3 / 6 + 2 / 6 + 1 / 2) / 3)
    assert scores.frequency_weighted_iou == pytest.approx((4 * 3 / 6 + 4 * 2 / 6 + 2 * 1 / 2) / 10)


@pytest.mark.filterwarnings("error")
def test_a_class_that_is_not_there_does_not_count():
    """Long et al. sum over the classes of the truth; one that is only answered costs the others their union."""
    scores = segmentation_scores(np.array([[3, 0, 1], [0, 4, 0], [0, 0, 0]]))
    assert scores.class_accuracy == pytest.approx((3 / 4 + 1) / 2)
    assert scores.class_iou == pytest.approx((3 / 4 + 1) / 2)
    assert scores.frequency_weighted_iou == pytest.approx((4 * 3 / 4 + 4 * 1) / 8)
    assert segmentation_scores(np.diag([5, 0, 0])) == SegmentationScores(1, 1, 1, 1)


@given(st.integers(2, 12), st.integers(0, 10_000))
def test_scores_as_scikit_learn_has_them(classes, seed):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, (6, 7), dtype=np.uint8)
    answer = np.where(random.random((6, 7)) < 0.5, truth, random.integers(0, classes, (6, 7))).astype(np.uint8)
    flat, ids = (truth.ravel(), answer.ravel()), list(range(classes))
    counts = confusion(truth, answer, classes)
    np.testing.assert_array_equal(counts, sklearn_metrics.confusion_matrix(*flat, labels=ids))
    there = sorted(set(truth.ravel().tolist()))
    scores = segmentation_scores(counts)
    assert scores.pixel_accuracy == pytest.approx(sklearn_metrics.accuracy_score(*flat))
    assert scores.class_accuracy == pytest.approx(
        sklearn_metrics.recall_score(*flat, labels=there, average="macro", zero_division=0)
    )
    assert scores.class_iou == pytest.approx(
        sklearn_metrics.jaccard_score(*flat, labels=there, average="macro", zero_division=0)
    )
    # There every pixel weighs alike, so classes absent from the truth weigh nothing.
    assert scores.frequency_weighted_iou == pytest.approx(
        sklearn_metrics.jaccard_score(*flat, labels=ids, average="weighted", zero_division=0)
    )
