import json
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from pix2pix.base.errors import DivergedError, TrainingError
from pix2pix.training.plan import Plan
from pix2pix.training.progress import Progress, mean_row, numbers, save_csv

LOSSES = ("generator_total", "generator_l1", "generator_gan", "discriminator_loss")


def step(total, distance=0.5):
    return {"generator_total": tf.constant(total), "generator_l1": tf.constant(distance)}


def test_a_row_is_the_mean_of_its_steps():
    row = mean_row(numbers([step(1.0, 0.25), step(2.0), step(6.0)], 2, 9), 2, 9)
    assert row == pytest.approx({"epoch": 2, "step": 9, "generator_total": 3.0, "generator_l1": 1.25 / 3})
    assert all(type(value) in (int, float) for value in row.values())  # they go into JSON


def test_the_steps_of_a_window_are_told_apart():
    window = {"generator_total": tf.constant([1.0, 2.0, 3.0]), "generator_l1": tf.constant([4.0, 5.0, 6.0])}
    assert numbers([step(9.0), window], 1, 4) == [
        {"generator_total": 9.0, "generator_l1": 0.5},
        {"generator_total": 1.0, "generator_l1": 4.0},
        {"generator_total": 2.0, "generator_l1": 5.0},
        {"generator_total": 3.0, "generator_l1": 6.0},
    ]
    window["generator_l1"] = tf.constant([4.0, np.nan, 6.0])
    with pytest.raises(TrainingError, match="generator_l1 is nan at step 3 "):
        numbers([step(9.0), window], 1, 4)


def test_numbers_are_those_of_the_tensors_and_of_a_checkpoint():
    """To the last bit of a float32, through JSON, and beside tensors."""
    pending = [step(1 / 3, 0.1), {"generator_total": 0.7, "generator_l1": 1e-30}]
    found = numbers(pending, 1, 2)
    assert found[0] == {"generator_total": float(np.float32(1 / 3)), "generator_l1": float(np.float32(0.1))}
    assert found[1] == pending[1]
    assert numbers(json.loads(json.dumps(found)), 1, 2) == found
    assert numbers([], 1, 5) == []


@pytest.mark.parametrize(("bad", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
@pytest.mark.parametrize("place", range(4))
def test_the_first_step_that_is_not_finite_is_named(bad, shown, place):
    """Steps 97 to 100: one is bad, and all that follow."""
    pending = [step(1.0), step(1.0), step(1.0), step(1.0)]
    pending[place] = step(1.0, bad)
    pending[place + 1 :] = [step(bad)] * (3 - place)
    with pytest.raises(TrainingError) as caught:
        numbers(pending, 3, 100)
    assert f"generator_l1 is {shown} at step {97 + place} (epoch 3)" in str(caught.value)


def test_the_order_of_keys_means_nothing():
    """JSON sorts them: they may begin with rows of one order and end with rows of another."""
    random = np.random.default_rng(0)
    values = random.uniform(0, 9, (24, len(LOSSES)))
    rows = [
        {name: float(values[number, LOSSES.index(name)]) for name in order}
        for number, order in enumerate(permutations(LOSSES))
    ]
    plain = [{name: row[name] for name in LOSSES} for row in rows]
    assert mean_row(rows, 1, 24) == mean_row(plain, 1, 24)  # the last bit included
    assert [mean_row(rows, 1, 24)[name] for name in LOSSES] == pytest.approx(values.mean(axis=0))


def test_a_file_of_rows_has_the_order_of_columns_that_is_asked_for(tmp_path):
    """Rows read from a checkpoint have lost theirs; a column that they lack is left out."""
    row = {"epoch": 1, "step": 2, "generator_total": 0.5, "generator_l1": 0.25, "discriminator_loss": 2.0}
    columns = ("epoch", "step", *LOSSES)
    save_csv(tmp_path / "a.csv", [row], columns)
    save_csv(tmp_path / "b.csv", [dict(sorted(row.items(), reverse=True))], columns)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert (tmp_path / "a.csv").read_text() == (
        "epoch,step,generator_total,generator_l1,discriminator_loss\n1,2,0.5,0.25,2\n"
    )


def test_csv_with_six_digits(tmp_path):
    path = tmp_path / "reports" / "losses.csv"
    rows = [{"epoch": 1, "step": 2, "l1": 1 / 3}, {"epoch": 1, "step": 4, "l1": 1e-9}]
    save_csv(path, rows, ("epoch", "step", "l1"))
    assert path.read_bytes() == b"epoch,step,l1\n1,2,0.333333\n1,4,1e-09\n"
    assert list(pd.read_csv(path).columns) == ["epoch", "step", "l1"]


def test_csv_without_rows_still_has_its_header(tmp_path):
    save_csv(tmp_path / "a.csv", [], ("epoch", "validation_l1"))
    assert (tmp_path / "a.csv").read_text() == "epoch,validation_l1\n"


# Seven examples in batches of two: the last of four steps has one.
PLAN = Plan(7, 2, 9, 0, log_every=1, checkpoint_epochs=1, keep_checkpoints=1, checkpoint_minutes=1)


def test_windows_are_counted_and_become_a_row():
    progress = Progress(step=5, images=9)
    assert progress.count({"generator_total": tf.constant([1.0, 2.0])}, PLAN) == 4
    assert progress.count({"generator_total": tf.constant([6.0])}, PLAN) == 1
    assert (progress.step, progress.images) == (8, 14)
    progress.settle(2)  # a checkpoint holds numbers
    assert progress.pending == [{"generator_total": 1.0}, {"generator_total": 2.0}, {"generator_total": 6.0}]
    row = {"epoch": 2, "step": 8, "generator_total": 3.0}
    assert progress.close_row(2) == row
    assert (progress.losses, progress.pending) == ([row], [])


def test_a_row_of_losses_that_are_not_finite_is_none():
    progress = Progress()
    progress.count({"generator_total": tf.constant([1.0, np.inf])}, PLAN)
    for attempt in (progress.settle, progress.close_row):
        with pytest.raises(TrainingError, match=r"generator_total is inf at step 2 \(epoch 1\)"):
            attempt(1)
    assert progress.losses == []


def still(**norms):
    """Nine rows without a gradient, and a step of these norms."""
    progress = Progress(losses=[dict.fromkeys(norms, 0.0)] * 9)
    progress.count({"discriminator_loss": [8.06], **{name: [value] for name, value in norms.items()}}, PLAN)
    return progress


def test_networks_that_stand_still_end_the_training():
    """Both losses are cut: no gradient leads back, and all further epochs would change nothing."""
    progress = still(generator_gradient_norm=0.0, discriminator_gradient_norm=0.0)
    with pytest.raises(
        DivergedError, match=r"no network learns any more, .* 10 rows of losses, up to step 1 \(epoch 2"
    ):
        progress.close_row(2)
    assert len(progress.losses) == 9
    progress.losses.pop()
    assert progress.close_row(2)["step"] == 1, "one row fewer"


def test_one_network_may_have_no_gradient_for_a_while():
    assert still(generator_gradient_norm=0.0, discriminator_gradient_norm=1e-30).close_row(2)["step"] == 1
    assert still(segmenter_gradient_norm=0.0).close_row(2)["step"] == 1


def test_what_a_run_has_cost():
    progress = Progress(step=8, images=30, seconds=12.34, peak_memory_gb=1.5, exact=False)
    assert progress.cost() == {
        "steps": 8,
        "images": 30,
        "seconds": 12.3,
        "seconds_per_step": 1.5425,
        "images_per_second": 2.431,
        "peak_memory_gb": 1.5,
        "exact": False,
    }


def test_two_runs_share_nothing():
    first, second = Progress(), Progress()
    first.losses.append({"step": 1})
    first.pending.append({"a": 1.0})
    first.validation.append({"epoch": 1})
    first.samples[1] = np.zeros((1, 1, 3), np.uint8)
    assert second == Progress()
