"""Intervals against the textbook's for means, and how often they are wrong, by simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pix2pix.evaluation.differences import of_confusions
from pix2pix.evaluation.intervals import FEWEST, SHARE, bounded, bounded_means, too_few

# The level is 5%; the rest is the chance in so many trials.
MOST = 0.07


def ratio(total):
    return {"ratio": total[0] / total[1]}


@pytest.mark.parametrize("number", [FEWEST, 80])
def test_the_interval_of_a_mean_is_students(number):
    values = np.random.default_rng(0).gamma(2, size=number)
    found = bounded_means(pd.DataFrame({"a": values}))
    reference = stats.ttest_1samp(values, 0).confidence_interval()
    assert (found["a"], found["a_low"], found["a_high"]) == pytest.approx((values.mean(), *reference))


def test_a_score_of_totals_leaves_out_one_image_at_a_time():
    """Five images by hand: the ratios without each of them, their spread, and t of 4 degrees of freedom."""
    values = np.array([[1, 10], [13, 10], [2, 4], [5, 9], [3, 3]])
    without = np.array([23 / 26, 11 / 26, 22 / 32, 19 / 27, 21 / 33])
    error = math.sqrt(4 / 5 * ((without - without.mean()) ** 2).sum())
    expected = {"ratio": 24 / 36, "ratio_low": 24 / 36 - 2.776445 * error, "ratio_high": 24 / 36 + 2.776445 * error}
    assert bounded(values, ratio) == pytest.approx(expected, rel=1e-6)


def test_values_may_have_any_shape():
    matrices = np.random.default_rng(0).integers(0, 9, (7, 3, 3))
    found = bounded(matrices, lambda total: {"trace": np.trace(total) / total.sum()})
    flat = bounded(matrices.reshape(7, 9), lambda total: {"trace": total[[0, 4, 8]].sum() / total.sum()})
    assert found == pytest.approx(flat)
    assert found["trace_low"] < found["trace"] < found["trace_high"]


def test_the_difference_of_two_columns_is_a_paired_one():
    random = np.random.default_rng(0)
    a = random.normal(size=50)
    found = bounded_means(pd.DataFrame({"a": a, "b": a + 1, "difference": a - (a + 1)}))
    assert found["b_low"] - found["a_low"] == pytest.approx(1)
    assert (found["difference_low"], found["difference_high"]) == pytest.approx((-1, -1))
    assert found["a_high"] - found["a_low"] > 0.3


def test_a_share_does_not_leave_its_range():
    values = np.array([[9, 10], [10, 10], [10, 10], [10, 10], [10, 10]])
    assert bounded(values, ratio)["ratio_high"] > 1 == bounded(values, ratio, SHARE)["ratio_high"]


@pytest.mark.parametrize("number", range(1, FEWEST))
def test_too_few_have_a_score_and_no_interval(number):
    values = np.arange(2 * number).reshape(number, 2) + 1
    assert bounded(values, ratio) == {"ratio": values[:, 0].sum() / values[:, 1].sum()}
    assert too_few(number) == f"too few pictures ({number}): no interval"
    assert too_few(FEWEST) == ""


def test_the_same_values_have_the_same_interval():
    values = np.random.default_rng(0).integers(0, 1000, (30, 2)) + 1
    assert bounded(values, ratio) == bounded(values.copy(), ratio)


def test_comparisons_that_share_the_5_percent_are_wider():
    values = np.random.default_rng(0).gamma(2, size=20)
    found = bounded_means(pd.DataFrame({"a": values}), among=6)
    reference = stats.ttest_1samp(values, 0).confidence_interval(1 - 0.05 / 6)
    assert (found["a_low"], found["a_high"]) == pytest.approx(tuple(reference))


def told_apart(found, keys):
    """The share of the intervals that leave out 0."""
    return np.mean([found[f"{key}_low"] > 0 or found[f"{key}_high"] < 0 for key in keys])


@pytest.mark.parametrize("number", [5, 6, 8, 16, 40, 100])
@pytest.mark.parametrize("kind", ["l1", "ssim", "accuracy", "few levels"])
def test_equal_models_are_seldom_told_apart_by_means(kind, number):
    """2000 comparisons of two models whose scores of an image come from the same distribution."""
    random = np.random.default_rng(number)
    hard = random.beta(2, 2, (number, 1))
    draws = {
        "l1": lambda: random.gamma(2, 0.05 + 0.1 * hard, (number, 2000)),
        "ssim": lambda: hard + random.normal(0, 0.1, (number, 2000)),
        "accuracy": lambda: random.beta(18, 2, (number, 2000)),
        "few levels": lambda: random.integers(0, 3, (number, 2000)) / 2,
    }
    one, other = draws[kind](), draws[kind]()
    table = pd.DataFrame(one - other).add_prefix("x")
    assert told_apart(bounded_means(table), table.columns) <= MOST


@pytest.mark.parametrize("number", [5, 8, 30])
def test_equal_models_are_seldom_told_apart_by_classes(number):
    """300 comparisons; some of the eight classes are rare, and absent from half of the images."""
    random = np.random.default_rng(number)
    found = [of_confusions(*equal_models(random, number)) for _ in range(300)]
    for key in ("pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou"):
        assert np.mean([told_apart(each, [key]) for each in found]) <= MOST


def equal_models(random, number):
    """The confusions of two models that are equally good, on images that are hard for both or easy for both."""
    common = np.array([0.36, 0.22, 0.15, 0.1, 0.08, 0.05, 0.03, 0.01])
    share = random.gamma(6 * common, size=(number, 8)) * (random.random((number, 8)) > np.where(common < 0.06, 0.5, 0))
    pixels = 4096 * share / share.sum(axis=1, keepdims=True)
    hard = random.normal(0, 0.1, (number, 1))
    for _ in range(2):
        hits = pixels * np.clip(0.6 + hard + random.normal(0, 0.15, (number, 8)) - 0.3 * (common < 0.06), 0, 1)
        taken = random.dirichlet(5 * common, number)
        yield np.rint((pixels - hits)[:, :, None] * taken[:, None, :] + hits[:, :, None] * np.eye(8)).astype(np.int64)


@pytest.mark.parametrize("number", [10, 60])
def test_an_interval_holds_the_truth_19_times_of_20(number):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(number, 2000))).add_prefix("x")
    assert 0.03 < told_apart(bounded_means(table), table.columns) < 0.07
