import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from pix2pix.evaluation import metrics
from pix2pix.evaluation.metrics import SegmentationScores, confusion, segmentation_scores


def picture(seed, shape=(24, 20, 3)):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def test_l1_by_hand():
    real = np.array([[[0, 255, 10]]], np.uint8)
    generated = np.array([[[255, 0, 40]]], np.uint8)
    assert metrics.l1(real, generated) == pytest.approx((255 + 255 + 30) / 3 / 255)
    assert metrics.l1(generated, real) == metrics.l1(real, generated)  # uint8 must not wrap around
    assert metrics.l1(real, real) == 0


def test_psnr_by_hand():
    real = np.zeros((4, 4, 3), np.uint8)
    assert metrics.psnr(real, real + np.uint8(255)) == pytest.approx(0)
    assert metrics.psnr(real + np.uint8(255), real) == pytest.approx(0)
    assert metrics.psnr(real, real + np.uint8(16)) == pytest.approx(20 * np.log10(255 / 16))
    half = real.copy()
    half[:2] = 16
    assert metrics.psnr(real, half) == pytest.approx(20 * np.log10(255 / 16) + 10 * np.log10(2))


@pytest.mark.filterwarnings("error")
def test_psnr_of_equal_pictures_is_above_that_of_any_others():
    one_level_off = np.zeros((1024, 1024, 3), np.uint8)
    one_level_off[0, 0, 0] = 1
    nearly = metrics.psnr(np.zeros_like(one_level_off), one_level_off)
    assert 113 < nearly < metrics.psnr(picture(0), picture(0)) < float("inf")


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
    assert metrics.ssim(real, generated) == pytest.approx(expected, abs=1e-6)


def test_ssim_of_equal_and_opposite_pictures():
    assert metrics.ssim(picture(0), picture(0)) == pytest.approx(1)
    assert metrics.ssim(picture(0), 255 - picture(0)) < -0.5


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


@pytest.mark.filterwarnings("error")
def test_a_class_that_is_not_there_does_not_count():
    """Long et al. sum over the classes of the truth; one that is only answered costs the others their union."""
    scores = segmentation_scores(np.array([[3, 0, 1], [0, 4, 0], [0, 0, 0]]))
    assert scores.class_accuracy == pytest.approx((3 / 4 + 1) / 2)
    assert scores.class_iou == pytest.approx((3 / 4 + 1) / 2)
    assert segmentation_scores(np.diag([5, 0, 0])) == SegmentationScores(1, 1, 1)


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
