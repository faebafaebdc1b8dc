import json
import re
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from keras import layers
from pix2pix.training.step import TrainingStep

from pix2pix.base import hardware, pictures
from pix2pix.base.determinism import make_deterministic
from pix2pix.base.errors import StoppedError, TrainingError
from pix2pix.base.seeds import derive
from pix2pix.evaluation import likeness
from pix2pix.training import checkpoint, loop
from pix2pix.training.loop import Trained, Watchers, build, train
from pix2pix.training.progress import Progress, save_csv

TASK = made_examples.task("label map", "picture")
EXAMPLES, WATCHED = made_examples.noise(5, TASK), made_examples.noise(3, TASK, seed=10)
# Three steps an epoch, the last of one pair; a row after two steps and after the epoch. The clock saves nothing.
FEW = {
    "epochs": 3,
    "batch_size": 2,
    "log_every": 2,
    "checkpoint_epochs": 2,
    "checkpoint_minutes": 1e6,
    "validation_pairs": 2,
    "sample_pairs": 2,
}
ALWAYS = {"checkpoint_minutes": 1e-9}  # a checkpoint after every step


@pytest.fixture(scope="module", autouse=True)
def deterministic():
    make_deterministic(0)


def chosen(**changes):
    return trained_with(**FEW | changes)


def networks(loss):
    params = chosen(loss=loss)
    return build(params.model, params.train, TASK, 3)


def start(folder, watchers=None, seed=3, watched=WATCHED, stop=None, **changes):
    options = {"stop": stop} if stop else {}
    params = chosen(**changes)
    return train(
        params.model,
        params.train,
        seed,
        EXAMPLES,
        watched,
        likeness.WATCHED,
        folder,
        watchers or Watchers(),
        **options,
    )


class Killed(Exception):  # noqa: N818
    """What a kill is to a test."""


def asks_at(step, number=signal.SIGTERM):
    """Somebody who asks to stop from the `step`-th step of this start on; 0: before the first one."""
    steps = iter(range(1000))
    return lambda: number if next(steps) >= step else None


def newest(folder):
    """The checkpoint of the highest step."""
    return max(folder.glob("step-*"), key=lambda path: int(path.name.split("-")[1]))


def steps_saved(folder):
    return sorted(int(path.name.split("-")[1]) for path in folder.glob("step-*"))


def state_of(folder):
    """Every tensor of the newest checkpoint: networks, moving averages, optimisers."""
    reader = tf.train.load_checkpoint(str(newest(folder) / "state"))
    names = [name for name in reader.get_variable_to_shape_map() if name != "_CHECKPOINTABLE_OBJECT_GRAPH"]
    return {name: np.asarray(reader.get_tensor(name)) for name in names}


def told_by(folder):
    """What the newest checkpoint says of the run, less what is the session's: times, memory, the occasion."""
    record = json.loads((newest(folder) / "progress.json").read_text())
    samples = {path.name: path.read_bytes() for path in (newest(folder) / "samples").iterdir()}
    own = {"fingerprint", "seconds", "peak_memory_gb", "why", "saved"}
    return {name: value for name, value in record.items() if name not in own} | samples


def assert_same_run(first, second, trained, others):
    """Two runs, by their folders and what they gave back: all weights and moments, rows, pictures, and files."""
    expected, found = state_of(first), state_of(second)
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name].tobytes() != found[name].tobytes()] == []
    assert told_by(first) == told_by(second)
    for rows in ("losses", "validation"):
        for name, one in {"first": trained, "second": others}.items():
            save_csv(second / f"{name}-{rows}.csv", getattr(one.progress, rows), ())
        assert (second / f"first-{rows}.csv").read_bytes() == (second / f"second-{rows}.csv").read_bytes()
    assert (trained.progress.losses, trained.progress.validation) == (
        others.progress.losses,
        others.progress.validation,
    )
    assert list(trained.progress.samples) == list(others.progress.samples)
    for ours, theirs in zip(trained.progress.samples.values(), others.progress.samples.values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    same_weights(trained.selected, others.selected)


def same_weights(first, second):
    for ours, theirs in zip(first.weights, second.weights, strict=True):
        # A dropout's seed state is set before each step; it is no part of what was learned.
        assert "seed_generator" in ours.path or np.array_equal(ours, theirs), ours.path


def generated(trained, picture):
    """What a generator makes of a picture in training mode."""
    model = keras.models.clone_model(trained)
    model.set_weights(trained.get_weights())
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.seed_generator.state.assign([derive(0, layer.name), 0])
    picture = model(tf.constant(picture[None] / 127.5 - 1, tf.float32), training=True).numpy()[0]
    return np.round((picture + 1) * 127.5)


@dataclass
class Run:
    folder: Path
    trained: Trained | None = None
    losses: list = field(default_factory=list)
    validation: list = field(default_factory=list)
    samples: dict = field(default_factory=dict)
    drawn: list = field(default_factory=list)

    def watchers(self):
        return Watchers(
            losses=lambda row: self.losses.append(dict(row)),
            validation=lambda row: self.validation.append(dict(row)),
            samples=lambda epoch, grid: (self.samples.update({epoch: grid}), self.drawn.append(epoch)),
        )


@pytest.fixture(scope="module", params=["cgan+l1", "l1"])
def straight(request, tmp_path_factory):
    """A run from the first epoch to the last."""
    run = Run(tmp_path_factory.mktemp("straight"))
    run.trained = start(run.folder, run.watchers(), loss=request.param)
    run.loss = request.param
    return run


@pytest.mark.slow
@pytest.mark.parametrize("straight", ["cgan+l1"], indirect=True)
def test_a_stopped_run_goes_on_as_if_it_had_not(straight, tmp_path):
    """The real networks, killed before the last step of an epoch: the first batch of the next start is a small one."""

    def kill(row):
        if row["step"] == 6:
            raise Killed

    with pytest.raises(Killed):
        start(tmp_path, Watchers(losses=kill), loss=straight.loss, **ALWAYS)
    assert steps_saved(tmp_path)[-1] == 5
    resumed = start(tmp_path, loss=straight.loss)
    assert_same_run(straight.folder, tmp_path, straight.trained, resumed)
    # What the killed session did after its last checkpoint is done again, and counted once.
    assert (resumed.progress.step, resumed.progress.images) == (9, 15)
    assert any("discriminator_optimizer" in name for name in state_of(tmp_path))


@pytest.mark.slow
def test_a_finished_run_is_only_restored(straight, capsys):
    again = Run(straight.folder)
    before = {path: path.stat().st_mtime_ns for path in straight.folder.rglob("*")}
    capsys.readouterr()
    trained = start(straight.folder, again.watchers(), loss=straight.loss, stop=asks_at(1))
    assert trained.progress.cost() == straight.trained.progress.cost()
    assert {path: path.stat().st_mtime_ns for path in straight.folder.rglob("*")} == before
    assert_same_run(straight.folder, straight.folder, straight.trained, trained)
    assert again.losses == straight.losses and again.drawn == straight.drawn
    told = capsys.readouterr().out
    name = straight.folder.name
    assert told.startswith(
        f"fingerprint {name} has all its 9 steps (a checkpoint of the same parameters, data and code "
    )
    assert told.endswith(f"; `make clean-checkpoints RUN={name}` has it trained anew\n")


def test_every_row_is_told_once_and_kept(straight):
    progress = straight.trained.progress
    assert [(row["epoch"], row["step"]) for row in progress.losses] == [(1, 2), (1, 3), (2, 5), (2, 6), (3, 8), (3, 9)]
    assert [row["epoch"] for row in progress.validation] == [1, 2, 3]
    assert straight.losses == progress.losses
    assert straight.validation == progress.validation
    assert straight.drawn == list(progress.samples) == [1, 2, 3]
    assert (progress.step, progress.images, progress.pending, progress.exact) == (9, 15, [], True)
    assert progress.seconds > 0 and 0 < progress.peak_memory_gb <= hardware.peak_memory_gb()


def test_training_learns(straight):
    """The weights that are handed back are the last ones: as far from the first ones as nine steps go."""
    first = networks(straight.loss).generator
    for begun, ended in zip(first.trainable_variables, straight.trained.selected.trainable_variables, strict=True):
        assert 2e-4 < np.abs(np.array(ended) - np.array(begun)).max() < 9 * 3 * 2e-4


def test_samples_show_input_generated_and_real(straight):
    assert sorted(straight.samples) == [1, 2, 3]
    for epoch, grid in straight.samples.items():
        saved = pictures.load_rgb(newest(straight.folder) / "samples" / f"{epoch:04d}.png")
        np.testing.assert_array_equal(saved, grid)
    assert grid.shape == (4 + 2 * 36, 4 + 3 * 36, 3)
    for number in range(2):
        row, example = grid[4 + 36 * number : 36 + 36 * number], WATCHED[number]
        np.testing.assert_array_equal(row[:, 4:36], example["input"])
        np.testing.assert_array_equal(row[:, 76:108], example["target"])
        assert np.abs(row[:, 40:72] - generated(straight.trained.selected, example["input"])).max() <= 1  # rounding


def test_validation_is_the_mean_distance_to_the_real_pictures(straight):
    distances = [
        np.abs(generated(straight.trained.selected, example["input"]) - example["target"]).mean() / 255
        for example in WATCHED
    ]
    assert np.mean(distances[:2]) != pytest.approx(np.mean(distances), abs=1e-4)  # only two are asked for
    assert straight.trained.progress.validation[-1]["validation_l1"] == pytest.approx(np.mean(distances[:2]), abs=1e-5)


# From here on the networks are the smallest that have all that must be saved: moving averages, dropout, optimisers.


def small_generator(size, style, *_):
    picture = keras.Input((size, size, 3), name="picture")
    x = style.norm("norm")(style.conv("only", 3, 1)(picture))
    x = layers.Dropout(0.5, name="dropout", seed=0)(x)
    return keras.Model(picture, layers.Activation("tanh", name="tanh")(x), name="generator")


def small_discriminator(size, style, *_):
    both = [keras.Input((size, size, 3), name=name) for name in ("input", "target")]
    x = style.norm("norm")(style.conv("only", 1, 2)(layers.Concatenate(name="both")(both)))
    return keras.Model(both, x, name="discriminator")


@contextmanager
def little_networks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "generator", small_generator)
        patch.setattr(loop, "discriminator", small_discriminator)
        yield


@pytest.fixture
def little():
    with little_networks():
        yield


@pytest.fixture(scope="module")
def little_straight(tmp_path_factory):
    """A run of little networks from the first step to the last."""
    run = Run(tmp_path_factory.mktemp("little"))
    with little_networks():
        run.trained = start(run.folder, run.watchers())
    return run


# Before the first row; at a row; at an epoch's end; the first step of an epoch, its row in the
# midst of an epoch; at the end of an epoch that is kept anyway; one before the last.
@pytest.mark.slow
@pytest.mark.usefixtures("little")
@pytest.mark.parametrize(("step", "epoch"), [(1, 1), (2, 1), (3, 1), (4, 2), (6, 2), (8, 3)])
def test_a_run_stopped_at_any_step_goes_on_as_if_it_had_not(little_straight, tmp_path, step, epoch, capsys):
    before = Run(tmp_path)
    number = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[step % 3]
    with pytest.raises(StoppedError) as caught:
        start(tmp_path, before.watchers(), stop=asks_at(step, number))
    assert str(caught.value) == (
        f"stopped by {number.name} at step {step} of 9 (epoch {epoch} of 3), which is saved; "
        "`dvc repro` goes on from there"
    )
    assert caught.value.exit_status == 128 + number
    assert steps_saved(tmp_path) == ([6, 8] if step == 8 else [step])
    assert newest(tmp_path).name.endswith("-epoch-0002") == (step == 6)
    assert before.losses == [row for row in little_straight.losses if row["step"] <= step]
    assert capsys.readouterr().out == (
        f"starting at step 0 of 9 of fingerprint {tmp_path.name}, because it has no checkpoint\n"
    )
    after = Run(tmp_path)
    resumed = start(tmp_path, after.watchers())
    assert_same_run(little_straight.folder, tmp_path, little_straight.trained, resumed)
    # The second session tells all from the beginning, each row once.
    assert after.losses == little_straight.losses and after.validation == little_straight.validation
    assert after.drawn == little_straight.drawn
    occasion = "after epoch 2" if step == 6 else f"on {number.name}"
    assert re.fullmatch(
        rf"resuming at step {step} of 9 of fingerprint {tmp_path.name}, because a checkpoint of the same parameters, "
        rf"data and code was saved {occasion}, [-0-9]+ [:0-9]+[-+][:0-9]+\n",
        capsys.readouterr().out,
    )


@pytest.mark.slow
@pytest.mark.usefixtures("little")
def test_a_stopped_run_in_bfloat16_goes_on_as_if_it_had_not(tmp_path):
    straight = start(tmp_path / "straight", precision="bfloat16")
    with pytest.raises(StoppedError, match="at step 4 of 9"):
        start(tmp_path / "stopped", stop=asks_at(4), precision="bfloat16")
    resumed = start(tmp_path / "stopped", precision="bfloat16")
    assert_same_run(tmp_path / "straight", tmp_path / "stopped", straight, resumed)


@pytest.mark.slow
@pytest.mark.usefixtures("little")
def test_a_run_stopped_after_every_step_goes_on_as_if_it_had_not(little_straight, tmp_path):
    for step in range(1, 9):
        with pytest.raises(StoppedError, match=f"at step {step} of 9"):
            start(tmp_path, stop=asks_at(1), keep_checkpoints=1)
    assert_same_run(little_straight.folder, tmp_path, little_straight.trained, start(tmp_path, stop=asks_at(1)))


@pytest.mark.usefixtures("little")
def test_a_run_in_windows_of_steps_is_the_same_run(little_straight, tmp_path, monkeypatch, capsys):
    """As on a GPU: an epoch is a window of two batches and one of the last. It stops after a window."""
    monkeypatch.setattr(hardware, "steps_a_call", lambda: 20)
    before = Run(tmp_path)
    for step in (2, 3, 5):
        with pytest.raises(StoppedError, match=f"at step {step} of 9"):
            start(tmp_path, before.watchers(), stop=asks_at(1))
    trained = start(tmp_path)
    assert "resuming at step 5 of 9" in capsys.readouterr().out
    assert_same_run(little_straight.folder, tmp_path, little_straight.trained, trained)


@pytest.mark.slow
@pytest.mark.usefixtures("little")
def test_a_run_killed_in_the_midst_of_steps_goes_on_as_if_it_had_not(little_straight, tmp_path, monkeypatch, capsys):
    """With a checkpoint after every step; the step that was being done is done again."""
    step = TrainingStep.__call__
    kills = [2, 5, 9]

    def killed(training, inputs, targets, number):
        losses = step(training, inputs, targets, number)
        if kills and number + 1 == kills[0]:
            kills.pop(0)
            raise Killed
        return losses

    monkeypatch.setattr(TrainingStep, "__call__", killed)
    for begun in (0, 1, 4):
        with pytest.raises(Killed):
            start(tmp_path, **ALWAYS)
        assert f" at step {begun} of 9 " in capsys.readouterr().out
    assert newest(tmp_path).name == "step-00000008"
    assert_same_run(little_straight.folder, tmp_path, little_straight.trained, start(tmp_path, **ALWAYS))
    told = capsys.readouterr().out
    assert "resuming at step 8 of 9" in told and re.search(r"was saved after \S+ minutes, ", told)


@pytest.mark.usefixtures("little")
def test_who_asks_to_stop_at_the_last_step_gets_the_whole_run(little_straight, tmp_path):
    trained = start(tmp_path, stop=asks_at(9))
    assert_same_run(little_straight.folder, tmp_path, little_straight.trained, trained)


@pytest.mark.usefixtures("little")
def test_who_asks_before_the_first_step_waits_for_none(tmp_path):
    with pytest.raises(StoppedError, match="stopped by SIGTERM before the first step"):
        start(tmp_path, stop=asks_at(0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("bad", ["newest", "both"])
def test_a_run_with_damaged_checkpoints(little_straight, tmp_path, bad, capsys):
    """The one before serves as well: what was done since is done again."""
    with pytest.raises(StoppedError):
        start(tmp_path, stop=asks_at(5), **ALWAYS)
    assert steps_saved(tmp_path) == [4, 5]
    for path in sorted(tmp_path.glob("step-*"), reverse=True)[: 1 if bad == "newest" else 2]:
        (path / "state.index").write_bytes(b"x")
    if bad == "newest":
        assert_same_run(little_straight.folder, tmp_path, little_straight.trained, start(tmp_path))
        assert "resuming at step 4 of 9" in capsys.readouterr().out
    else:
        with pytest.raises(TrainingError, match=f"make clean-checkpoints RUN={tmp_path.name}"):
            start(tmp_path)


@pytest.mark.usefixtures("little")
def test_time_runs_while_training_only(tmp_path, monkeypatch):
    """A clock of the test's: a second for each step, a hundred for each validation, drawing and save."""
    now, step = [0.0], TrainingStep.__call__

    def lasting(seconds, original):
        def action(*words, **named):
            now[0] += seconds
            return original(*words, **named)

        return action

    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(TrainingStep, "__call__", lasting(1, step))
    for owner, name in ((loop, "_validation"), (loop, "_samples"), (checkpoint, "save")):
        monkeypatch.setattr(owner, name, lasting(100, getattr(owner, name)))
    with pytest.raises(StoppedError):
        start(tmp_path, stop=asks_at(5))
    assert start(tmp_path).progress.seconds == 9


# From here on nothing is learned: the step only notes what it is given.


@pytest.fixture
def given(monkeypatch, little):  # noqa: ARG001
    """(input, target, step number) of every step, in order: batches of uint8."""
    seen = []

    def note(_, inputs, targets, first):
        steps = range(first, first + len(inputs))
        seen.extend(zip(inputs.numpy(), targets.numpy(), steps, strict=True))
        return {"generator_total": tf.constant(steps, tf.float32), "generator_l1": tf.ones(len(steps))}

    monkeypatch.setattr(TrainingStep, "__call__", note)
    return seen


def test_without_jitter_and_shuffling_the_examples_come_in_file_order(given, tmp_path):
    start(tmp_path, loss="l1", epochs=2, buffer_size=1, jitter_scale=1, mirror=False)
    assert [step for *_, step in given] == [0, 1, 2, 3, 4, 5]
    for epoch in (given[:3], given[3:]):
        for number, name in enumerate(("input", "target")):
            seen = np.concatenate([step[number] for step in epoch])
            np.testing.assert_array_equal(seen, [example[name] for example in EXAMPLES])


@pytest.mark.parametrize("step", [2, 4])
def test_a_resumed_run_sees_the_batches_it_would_have_seen(given, tmp_path, step):
    start(tmp_path / "whole", loss="l1")
    whole = list(given)
    given.clear()
    with pytest.raises(StoppedError):
        start(tmp_path / "halves", loss="l1", stop=asks_at(step))
    assert len(given) == step
    start(tmp_path / "halves", loss="l1")
    assert [number for *_, number in given] == list(range(9))
    for first, second in zip(whole, given, strict=True):
        np.testing.assert_array_equal(first[0], second[0])
        np.testing.assert_array_equal(first[1], second[1])


def test_another_seed_is_another_run(given, tmp_path):
    for seed in (3, 4):
        start(tmp_path / str(seed), loss="l1", epochs=1, seed=seed)
    assert not any(np.array_equal(given[n][0], given[n + 3][0]) for n in range(2))
    first, second = (state_of(tmp_path / str(seed)) for seed in (3, 4))
    kernels = [name for name, value in first.items() if value.ndim == 4 and value.any()]  # Adam has only zeros yet
    assert kernels and not any(np.array_equal(first[name], second[name]) for name in kernels)


@pytest.mark.usefixtures("given")
def test_the_step_size_of_each_epoch(tmp_path, monkeypatch):
    rates = []
    monkeypatch.setattr(TrainingStep, "set_learning_rate", lambda _, rate: rates.append(rate))
    start(tmp_path, loss="l1", epochs=2, decay_epochs=2, batch_size=5, learning_rate=0.3)
    assert rates == pytest.approx([0.3, 0.3, 0.2, 0.1])


@pytest.mark.usefixtures("given")
def test_checkpoints_every_so_many_epochs_and_after_the_last(tmp_path):
    found = {}

    def look(row):
        found[row["epoch"]] = [path.name for path in sorted(tmp_path.glob("step-*"))]

    start(tmp_path, Watchers(validation=look), loss="l1", epochs=5, batch_size=5, keep_checkpoints=1)
    two, four, five = (f"step-{epoch:08d}-epoch-{epoch:04d}" for epoch in (2, 4, 5))
    assert found == {1: [], 2: [], 3: [two], 4: [two], 5: [two, four]}
    assert [path.name for path in sorted(tmp_path.glob("step-*"))] == [four, five]


@pytest.mark.usefixtures("given")
def test_checkpoints_every_so_many_minutes(tmp_path, monkeypatch):
    """A clock of the test's: two minutes a step. A save of another occasion counts too."""
    now, saved = [0.0], []
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    step, save = TrainingStep.__call__, checkpoint.save

    def slow(*words):
        now[0] += 120
        return step(*words)

    def noted(folder, training, progress, why, epoch, keep):
        saved.append((progress.step, why, epoch))
        save(folder, training, progress, why, epoch, keep)

    monkeypatch.setattr(TrainingStep, "__call__", slow)
    monkeypatch.setattr(checkpoint, "save", noted)
    start(tmp_path, loss="l1", epochs=4, checkpoint_minutes=4, checkpoint_epochs=3)
    assert saved == [
        (2, "after 4 minutes", None),
        (4, "after 4 minutes", None),
        (6, "after 4 minutes", None),
        (8, "after 4 minutes", None),
        (9, "after epoch 3", 3),
        (11, "after 4 minutes", None),
        (12, "after epoch 4", 4),
    ]


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("often", [True, False])
@pytest.mark.parametrize("bad", [1, 2, 3, 4, 6, 8])
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path, monkeypatch, bad, often):
    def explode(_, __, ___, step):
        loss = tf.constant([np.nan if step + 1 == bad else 1.0])
        return {"generator_total": loss, "generator_l1": tf.ones(1)}

    monkeypatch.setattr(TrainingStep, "__call__", explode)
    epoch = (bad - 1) // 3 + 1
    with pytest.raises(TrainingError, match=rf"generator_total is nan at step {bad} \(epoch {epoch}\)"):
        start(tmp_path, loss="l1", checkpoint_epochs=1, **(ALWAYS if often else {}))
    # All before it and nothing of it, whether the clock asks for a checkpoint at that step or not.
    last = bad - 1 if often else 3 * (epoch - 1)
    assert steps_saved(tmp_path)[-1:] == [last][: last > 0]
    if last:
        progress, _ = checkpoint.restore(tmp_path, networks("l1"), 9)
        assert [row["step"] for row in progress.losses] == [step for step in (2, 3, 5, 6, 8, 9) if step <= last]
        assert all(value == 1 for row in progress.losses for name, value in row.items() if "generator" in name)


@pytest.mark.usefixtures("given")
def test_a_weight_that_is_not_finite_is_not_saved(tmp_path, monkeypatch):
    """A step's loss is that of the weights before it: the last step of all may spoil them unseen."""
    step = TrainingStep.__call__

    def spoil(training, *words):
        if words[-1] == 8:
            variable = training.generator.trainable_variables[0]
            variable.assign(tf.fill(variable.shape, np.inf))
        return step(training, *words)

    monkeypatch.setattr(TrainingStep, "__call__", spoil)
    with pytest.raises(TrainingError, match="is not finite after step 9"):
        start(tmp_path, loss="l1", watched=None)
    assert steps_saved(tmp_path) == [6]


@pytest.mark.usefixtures("given")
def test_without_a_selection_split_nothing_is_validated_and_training_examples_are_drawn(tmp_path):
    run = Run(tmp_path)
    trained = start(tmp_path, run.watchers(), watched=None, loss="l1", epochs=1)
    assert trained.progress.validation == [] and run.validation == []
    np.testing.assert_array_equal(run.samples[1][4:36, 4:36], EXAMPLES[0]["input"])


@pytest.mark.usefixtures("given")
def test_samples_are_drawn_while_they_change_most_and_at_the_end(tmp_path):
    run = Run(tmp_path)
    watched = made_examples.noise(1, TASK)
    start(tmp_path, run.watchers(), loss="l1", epochs=12, watched=watched, batch_size=5, checkpoint_epochs=99)
    assert sorted(run.samples) == [1, 2, 5, 10, 12]


@pytest.mark.usefixtures("given")
def test_a_watcher_cannot_change_the_history(tmp_path):
    untouched = start(tmp_path / "untouched", loss="l1", epochs=1).progress
    meddled = start(
        tmp_path / "meddled",
        Watchers(losses=lambda row: row.update(step=-1), validation=lambda row: row.clear()),
        loss="l1",
        epochs=1,
    ).progress
    assert (meddled.losses, meddled.validation) == (untouched.losses, untouched.validation)
    # Nor that of a run which tells it once more.
    run = Run(tmp_path)
    run.watchers().catch_up(meddled)
    Watchers(losses=lambda row: row.clear(), validation=lambda row: row.clear()).catch_up(meddled)
    assert (run.losses, run.validation) == (untouched.losses, untouched.validation)
    assert (meddled.losses, meddled.validation) == (untouched.losses, untouched.validation)


def test_catching_up_with_nothing_tells_nothing(tmp_path):
    run = Run(tmp_path)
    run.watchers().catch_up(Progress())
    assert (run.losses, run.validation, run.samples) == ([], [], {})


def test_the_selected_epoch_is_the_model_and_the_last_stays(tmp_path):
    """Whichever epoch has the best SSIM, its generator is the one that a run of so many epochs ends with."""
    whole = start(tmp_path / "whole", select="validation_ssim", **ALWAYS)
    values = [row["validation_ssim"] for row in whole.progress.validation]
    assert whole.epoch == 1 + int(np.argmax(values))
    shorter = start(tmp_path / "shorter", epochs=whole.epoch)
    same_weights(whole.selected, shorter.last)
    same_weights(whole.last, start(tmp_path / "last").last)


def test_a_stopped_run_remembers_the_selected_epoch(tmp_path):
    straight = start(tmp_path / "straight", select="validation_l1")
    with pytest.raises(StoppedError):
        start(tmp_path / "stopped", select="validation_l1", stop=asks_at(7))
    gone_on = start(tmp_path / "stopped", select="validation_l1")
    assert gone_on.epoch == straight.epoch
    same_weights(gone_on.selected, straight.selected)
    same_weights(gone_on.last, straight.last)
