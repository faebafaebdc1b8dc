import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from pix2pix.errors import TrainingError
from pix2pix.training.history import save_csv, window_row


def step(total, distance=0.5):
    return {"generator_total": tf.constant(total), "generator_l1": tf.constant(distance)}


def test_a_row_is_the_mean_of_its_window():
    row = window_row(2, 9, [step(1.0, 0.25), step(2.0), step(6.0)])
    assert row == pytest.approx({"epoch": 2, "step": 9, "generator_total": 3.0, "generator_l1": 1.25 / 3})
    assert all(type(value) in (int, float) for value in row.values())  # they go into JSON


@pytest.mark.parametrize(("bad", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_the_first_step_that_is_not_finite_is_named(bad, shown):
    """Steps 97 to 100; the third and the fourth are bad."""
    with pytest.raises(TrainingError) as caught:
        window_row(3, 100, [step(1.0), step(1.0), step(1.0, bad), step(bad)])
    assert f"generator_l1 is {shown} at step 99 (epoch 3)" in str(caught.value)


def test_csv_with_six_digits(tmp_path):
    path = tmp_path / "reports" / "losses.csv"
    save_csv(path, [{"epoch": 1, "step": 2, "l1": 1 / 3}, {"epoch": 1, "step": 4, "l1": 1e-9}], ("epoch", "step"))
    assert path.read_bytes() == b"epoch,step,l1\n1,2,0.333333\n1,4,1e-09\n"
    assert list(pd.read_csv(path).columns) == ["epoch", "step", "l1"]


def test_csv_without_rows_still_has_its_header(tmp_path):
    save_csv(tmp_path / "a.csv", [], ("epoch", "validation_l1"))
    assert (tmp_path / "a.csv").read_text() == "epoch,validation_l1\n"
