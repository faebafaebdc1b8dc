import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pix2pix.evaluation.intervals import bounded, bounded_means


def ratio(total):
    return {"ratio": total[0] / total[1]}


def test_the_interval_of_a_mean_as_scipy_has_it():
    values = np.random.default_rng(0).gamma(2, size=80)
    found = bounded_means(pd.DataFrame({"a": values}))
    reference = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=1).confidence_interval
    width = reference.high - reference.low
    assert found["a"] == pytest.approx(values.mean())
    assert found["a_low"] == pytest.approx(reference.low, abs=0.05 * width)
    assert found["a_high"] == pytest.approx(reference.high, abs=0.05 * width)


def test_a_score_of_totals_is_resampled_whole():
    """Of two images: the first twice, the second twice, both; a mean of the images' ratios would be 0.7."""
    found = bounded(np.array([[1, 10], [13, 10]]), ratio)
    assert found == pytest.approx({"ratio": 14 / 20, "ratio_low": 1 / 10, "ratio_high": 13 / 10})
    unequal = bounded(np.array([[1, 10], [3, 2]]), ratio)
    assert unequal == pytest.approx({"ratio": 4 / 12, "ratio_low": 1 / 10, "ratio_high": 3 / 2})


def test_values_may_have_any_shape():
    matrices = np.random.default_rng(0).integers(0, 9, (7, 3, 3))
    found = bounded(matrices, lambda total: {"trace": np.trace(total) / total.sum()})
    flat = bounded(matrices.reshape(7, 9), lambda total: {"trace": total[[0, 4, 8]].sum() / total.sum()})
    assert found == pytest.approx(flat)
    assert found["trace_low"] < found["trace"] < found["trace_high"]


def test_every_column_meets_the_same_images():
    """So the difference of two columns is a paired one."""
    random = np.random.default_rng(0)
    a = random.normal(size=50)
    found = bounded_means(pd.DataFrame({"a": a, "b": a + 1, "difference": a - (a + 1)}))
    assert found["b_low"] - found["a_low"] == pytest.approx(1)
    assert (found["difference_low"], found["difference_high"]) == pytest.approx((-1, -1))
    assert found["a_high"] - found["a_low"] > 0.3


def test_an_interval_holds_the_truth_19_times_of_20():
    random = np.random.default_rng(0)
    found = bounded_means_of(random.normal(size=(60, 300)))
    held = sum(low < 0 < high for low, high in found)
    assert 0.91 < held / 300 < 0.98


def bounded_means_of(columns):
    table = pd.DataFrame(columns, columns=[str(number) for number in range(columns.shape[1])])
    found = bounded_means(table)
    return [(found[f"{name}_low"], found[f"{name}_high"]) for name in table]


def test_the_same_values_have_the_same_interval():
    values = np.random.default_rng(0).integers(0, 1000, (30, 2)) + 1
    assert bounded(values, ratio) == bounded(values.copy(), ratio)


def test_one_image_has_no_spread():
    assert bounded(np.array([[1, 4]]), ratio) == {"ratio": 0.25, "ratio_low": 0.25, "ratio_high": 0.25}
