import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from toy_training import (
    ALWAYS,
    FEW,
    PAIRS,
    Killed,
    Run,
    Teller,
    asks_at,
    assert_same_run,
    job,
    little,
    real,
    start,
    state_of,
    steps_saved,
)

from pix2pix.base import hardware
from pix2pix.base.errors import StoppedError, TrainingError
from pix2pix.training import checkpoint
from pix2pix.training.system import parts
from pix2pix.training.windows import Windows

# Two steps an epoch and a row a step.
EVEN = {"pairs": PAIRS[:4], "log_every": 1}


@pytest.fixture(scope="module", params=[("cgan+l1", real), ("l1", little)], ids=["cgan+l1", "l1"])
def straight(request, tmp_path_factory):
    """A run from the first epoch to the last, with the options it has."""
    loss, kind = request.param
    run = Run(tmp_path_factory.mktemp("straight"))
    options = EVEN | {"loss": loss, "kind": kind}
    run.trained = start(run.folder, run, **options)
    return run, options


@pytest.mark.parametrize("straight", [("cgan+l1", real)], indirect=True, ids=["cgan+l1"])
def test_a_killed_run_goes_on_as_if_it_had_not(straight, tmp_path):
    """The real networks, killed after the last step of all but before its row is told."""
    run, options = straight

    def kill(row):
        if row.get("step") == 6:
            raise Killed

    with pytest.raises(Killed):
        start(tmp_path, Teller(kill), **options, **ALWAYS)
    assert steps_saved(tmp_path)[-1] == 5
    resumed = start(tmp_path, **options)
    assert_same_run(run.folder, tmp_path, run.trained, resumed)
    # What the killed session did after its last checkpoint is done again, and counted once.
    assert (resumed.progress.step, resumed.progress.images) == (6, 12)
    assert any("discriminator_optimizer" in name for name in state_of(tmp_path))


def test_a_finished_run_is_only_restored(straight, capsys):
    run, options = straight
    again = Run(run.folder)
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    capsys.readouterr()
    trained = start(run.folder, again, stop=asks_at(1), **options)
    assert trained.progress.cost() == run.trained.progress.cost()
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before
    assert_same_run(run.folder, run.folder, run.trained, trained)
    assert again.losses == run.losses and again.drawn == run.drawn
    told = capsys.readouterr().out
    name = run.folder.name
    assert told.startswith(
        f"the training with fingerprint {name} is finished (6 steps; a checkpoint of the same parameters, data and "
    )
    assert told.endswith(f"; to train it anew, remove it with `pix2pix clean {name}`\n")


def test_a_row_has_every_curve_of_the_system_and_no_other_figure(straight):
    run, options = straight
    keys = {curve.key for curve in run.trained.curves}
    assert all(row.keys() - {"epoch", "step"} == keys for row in run.losses)
    assert len(keys) == {"cgan+l1": 10, "l1": 3}[options["loss"]]
    losses, validation = run.trained.tables()
    assert losses.to_dict("records") == run.losses and validation.to_dict("records") == run.validation


def test_training_learns(straight):
    """The weights that are handed back are the last ones: as far from the first ones as six steps go."""
    run, options = straight
    first = options["kind"](trained_with(**FEW | {"loss": options["loss"]}), 3).generator
    ended = run.trained.selected["generator"].trainable_variables
    for before, after in zip(first.trainable_variables, ended, strict=True):
        assert 2e-4 < np.abs(np.array(after) - np.array(before)).max() < 6 * 3 * 2e-4


@pytest.fixture(scope="module")
def little_straight(tmp_path_factory):
    """A run of little networks from the first step to the last."""
    run = Run(tmp_path_factory.mktemp("little"))
    run.trained = start(run.folder, run)
    return run


def test_every_row_is_told_once_and_kept(little_straight):
    progress = little_straight.trained.progress
    assert [(row["epoch"], row["step"]) for row in progress.losses] == [(1, 2), (1, 3), (2, 5), (2, 6), (3, 8), (3, 9)]
    assert [row["epoch"] for row in progress.validation] == [1, 2, 3]
    assert little_straight.losses == progress.losses
    assert little_straight.validation == progress.validation
    assert little_straight.drawn == list(progress.samples) == [1, 2, 3]
    assert (progress.step, progress.images, progress.pending, progress.exact) == (9, 15, [], True)
    assert progress.seconds > 0 and 0 < progress.peak_memory_gb <= hardware.peak_memory_gb()


def test_a_run_in_windows_of_steps_is_the_same_run(little_straight, tmp_path, monkeypatch, capsys):
    """As on a GPU: an epoch is a window of two batches and one of the last. It stops after a window."""
    monkeypatch.setattr(hardware, "steps_a_call", lambda: 20)
    for step in (2, 3, 5):
        with pytest.raises(StoppedError, match=f"at step {step} of 9"):
            start(tmp_path, stop=asks_at(1))
    trained = start(tmp_path)
    assert "resuming at step 5 of 9" in capsys.readouterr().out
    assert_same_run(little_straight.folder, tmp_path, little_straight.trained, trained)


# From here on nothing is learned: the step only notes what it is given.


@pytest.fixture
def given(monkeypatch):
    """(input, target, step number) of every step, in order: batches of uint8."""
    seen = []

    def note(_, window, first):
        steps = range(first, first + len(window["input"]))
        seen.extend(zip(window["input"].numpy(), window["target"].numpy(), steps, strict=True))
        return {"generator_total": tf.constant(steps, tf.float32), "generator_l1": tf.ones(len(steps))}

    monkeypatch.setattr(Windows, "__call__", note)
    return seen


UNSEEN = {"loss": "l1", "watched": None}


def test_without_jitter_and_shuffling_the_pairs_come_in_file_order(given, tmp_path):
    start(tmp_path, epochs=2, buffer_size=1, jitter_scale=1, mirror=False, **UNSEEN)
    assert [step for *_, step in given] == [0, 1, 2, 3, 4, 5]
    labels, photos = (np.stack(half) for half in zip(*PAIRS, strict=True))
    for epoch in (given[:3], given[3:]):
        np.testing.assert_array_equal(np.concatenate([input_ for input_, *_ in epoch]), labels)
        np.testing.assert_array_equal(np.concatenate([target for _, target, _ in epoch]), photos)


@pytest.mark.parametrize("step", [2, 4])
def test_a_resumed_run_sees_the_batches_it_would_have_seen(given, tmp_path, step):
    start(tmp_path / "whole", **UNSEEN)
    whole = list(given)
    given.clear()
    with pytest.raises(StoppedError):
        start(tmp_path / "halves", stop=asks_at(step), **UNSEEN)
    assert len(given) == step
    start(tmp_path / "halves", **UNSEEN)
    assert [number for *_, number in given] == list(range(9))
    for first, second in zip(whole, given, strict=True):
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])


def test_another_seed_is_another_run(given, tmp_path):
    for seed in (3, 4):
        start(tmp_path / str(seed), epochs=1, seed=seed, **UNSEEN)
    assert not any(np.array_equal(given[n][0], given[n + 3][0]) for n in range(2))
    first, second = (state_of(tmp_path / str(seed)) for seed in (3, 4))
    kernels = [name for name, value in first.items() if value.ndim == 4 and value.any()]  # Adam has only zeros yet
    assert kernels and not any(np.array_equal(first[name], second[name]) for name in kernels)


@pytest.mark.parametrize("loss", ["l1", "cgan+l1"])
def test_the_step_size_of_each_epoch_is_every_players(tmp_path, monkeypatch, loss):
    rates = []

    def note(windows, *_):
        players = windows._system.players.values()
        rates.append([float(player.optimizer.learning_rate) for player in players])
        return {"generator_total": tf.ones(1)}

    monkeypatch.setattr(Windows, "__call__", note)
    start(tmp_path, epochs=2, decay_epochs=2, batch_size=5, learning_rate=0.3, **UNSEEN | {"loss": loss})
    assert [rate[0] for rate in rates] == pytest.approx([0.3, 0.3, 0.2, 0.1])
    assert [len(set(rate)) for rate in rates] == [1] * 4 and len(rates[0]) == (1 if loss == "l1" else 2)


@pytest.mark.parametrize("often", [True, False])
@pytest.mark.parametrize("bad", [1, 2, 3, 4, 6, 8])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path, monkeypatch, bad, often):
    def explode(_, __, step):
        loss = tf.constant([np.nan if step + 1 == bad else 1.0])
        return {"generator_total": loss, "generator_l1": tf.ones(1)}

    monkeypatch.setattr(Windows, "__call__", explode)
    epoch = (bad - 1) // 3 + 1
    with pytest.raises(TrainingError, match=rf"generator_total is nan at step {bad} \(epoch {epoch}\)"):
        start(tmp_path, checkpoint_epochs=1, **UNSEEN, **(ALWAYS if often else {}))
    # All before it and nothing of it, whether the clock asks for a checkpoint at that step or not.
    last = bad - 1 if often else 3 * (epoch - 1)
    assert steps_saved(tmp_path)[-1:] == [last][: last > 0]
    if last:
        plan, system = job(**UNSEEN).plan, little(trained_with(**FEW | {"loss": "l1"}), 3)
        found = checkpoint.restore(parts(system), tmp_path, checkpoint.candidates(tmp_path, plan, []))
        rows = found.progress.losses
        assert [row["step"] for row in rows] == [step for step in (2, 3, 5, 6, 8, 9) if step <= last]
        assert all(value == 1 for row in rows for name, value in row.items() if "generator" in name)


def test_a_weight_that_is_not_finite_is_not_saved(given, tmp_path, monkeypatch):  # noqa: ARG001
    """A step's loss is that of the weights before it: the last step of all may spoil them unseen."""
    step = Windows.__call__

    def spoil(windows, window, first):
        if first == 8:
            variable = windows._system.players["generator"].variables[0]
            variable.assign(tf.fill(variable.shape, np.inf))
        return step(windows, window, first)

    monkeypatch.setattr(Windows, "__call__", spoil)
    with pytest.raises(TrainingError, match="is not finite after step 9"):
        start(tmp_path, **UNSEEN)
    assert steps_saved(tmp_path) == [6]


@pytest.mark.usefixtures("given")
def test_a_follower_cannot_change_the_history(tmp_path):
    untouched = start(tmp_path / "untouched", loss="l1", epochs=1).progress
    meddled = start(tmp_path / "meddled", Teller(lambda row: row.clear()), loss="l1", epochs=1).progress
    assert (meddled.losses, meddled.validation) == (untouched.losses, untouched.validation)
    assert len(untouched.losses) == 2 and len(untouched.validation) == 1
