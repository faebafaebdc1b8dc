from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import settings

from pix2pix import pictures
from pix2pix.data.tasks import Task
from pix2pix.errors import TrainingError
from pix2pix.seeds import derive
from pix2pix.training import checkpoint, times
from pix2pix.training.determinism import make_deterministic
from pix2pix.training.history import History, save_csv
from pix2pix.training.loop import Trained, Watchers, build, train
from pix2pix.training.step import TrainingStep

PAIRS = [tuple(np.random.default_rng(n).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)) for n in range(5)]
WATCHED = [tuple(np.random.default_rng(n).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)) for n in range(10, 13)]
LABELS_TO_PHOTO = Task(input_is_left=False, input_is_label=True, target_is_label=False)
# Three steps an epoch, the last of one pair; a row after two steps and after the epoch.
FEW = {"epochs": 3, "batch_size": 2, "log_every": 2, "checkpoint_epochs": 1, "validation_pairs": 2, "sample_pairs": 2}


@pytest.fixture(scope="module", autouse=True)
def deterministic():
    make_deterministic(0)


def start(folder, watchers=None, seed=3, watched=WATCHED, **changes):
    chosen = settings({f"train.{key}": value for key, value in (FEW | changes).items()}).train
    return train(chosen, LABELS_TO_PHOTO, seed, PAIRS, watched, 32, folder, watchers or Watchers())


class StoppedError(Exception):
    """What a kill is to a test."""


def state_of(folder):
    """Every tensor of the newest checkpoint: networks, moving averages, optimisers."""
    (path,) = folder.glob("epoch-*")
    reader = tf.train.load_checkpoint(str(path / "state"))
    names = [name for name in reader.get_variable_to_shape_map() if name != "_CHECKPOINTABLE_OBJECT_GRAPH"]
    return {name: np.asarray(reader.get_tensor(name)) for name in names}


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

    def watchers(self):
        return Watchers(
            losses=lambda row: self.losses.append(dict(row)),
            validation=lambda row: self.validation.append(dict(row)),
            samples=lambda epoch, grid: self.samples.update({epoch: grid}),
        )


@pytest.fixture(scope="module", params=["cgan+l1", "l1"])
def straight(request, tmp_path_factory):
    """A run from the first epoch to the last."""
    run = Run(tmp_path_factory.mktemp("straight"))
    run.trained = start(run.folder, run.watchers(), loss=request.param)
    run.loss = request.param
    return run


@pytest.mark.slow
def test_a_stopped_run_goes_on_as_if_it_had_not(straight, tmp_path):
    """Stopped in the middle of the second epoch, and by somebody whose news were never heard before."""

    def stop(row):
        if row["epoch"] == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        start(tmp_path, Watchers(losses=stop), loss=straight.loss)
    resumed = start(tmp_path, loss=straight.loss)
    assert resumed.history == straight.trained.history
    for name, history in {"straight": straight.trained.history, "resumed": resumed.history}.items():
        save_csv(tmp_path / f"{name}.csv", history.losses, ())
    assert (tmp_path / "resumed.csv").read_bytes() == (tmp_path / "straight.csv").read_bytes()
    # What the stopped session did after its last checkpoint is done again, and counted once.
    counted = [(times.told(folder)["steps"], times.told(folder)["images"]) for folder in (straight.folder, tmp_path)]
    assert counted == [(9, 15), (9, 15)]
    expected, found = state_of(straight.folder), state_of(tmp_path)
    assert expected.keys() == found.keys()
    assert [name for name in expected if not np.array_equal(expected[name], found[name])] == []
    assert any("discriminator_optimizer" in name for name in expected) == (straight.loss != "l1")
    for ours, theirs in zip(resumed.generator.weights, straight.trained.generator.weights, strict=True):
        # A dropout's seed state is set before each step; it is no part of what was learned.
        assert "seed_generator" in ours.path or np.array_equal(ours, theirs), ours.path


def test_a_finished_run_is_only_restored(straight):
    again, before = Run(straight.folder), times.told(straight.folder)
    trained = start(straight.folder, again.watchers(), loss=straight.loss)
    assert times.told(straight.folder) == before
    assert trained.history == straight.trained.history
    assert again.losses == [] and again.samples == {}
    for ours, theirs in zip(trained.generator.weights, straight.trained.generator.weights, strict=True):
        assert "seed_generator" in ours.path or np.array_equal(ours, theirs), ours.path


def test_every_row_is_told_once_and_kept(straight):
    history = straight.trained.history
    assert [(row["epoch"], row["step"]) for row in history.losses] == [(1, 2), (1, 3), (2, 5), (2, 6), (3, 8), (3, 9)]
    assert [row["epoch"] for row in history.validation] == [1, 2, 3]
    assert straight.losses == history.losses
    assert straight.validation == history.validation


def test_training_learns(straight):
    """The weights that are handed back are the last ones: as far from the first ones as nine steps go."""
    first = build(
        settings({f"train.{k}": v for k, v in (FEW | {"loss": straight.loss}).items()}).train, 32, 3
    ).generator
    for begun, ended in zip(first.trainable_variables, straight.trained.generator.trainable_variables, strict=True):
        assert 2e-4 < np.abs(np.array(ended) - np.array(begun)).max() < 9 * 3 * 2e-4


def test_samples_show_input_generated_and_real(straight):
    assert sorted(straight.samples) == [1, 2, 3]
    for epoch, grid in straight.samples.items():
        saved = pictures.load_rgb(straight.folder / "samples" / f"epoch-{epoch:04d}.png")
        np.testing.assert_array_equal(saved, grid)
    assert grid.shape == (4 + 2 * 36, 4 + 3 * 36, 3)
    for number, (photo, label) in enumerate(WATCHED[:2]):
        row = grid[4 + 36 * number : 36 + 36 * number]
        np.testing.assert_array_equal(row[:, 4:36], label)
        np.testing.assert_array_equal(row[:, 76:108], photo)
        assert np.abs(row[:, 40:72] - generated(straight.trained.generator, label)).max() <= 1  # rounding


def test_validation_is_the_mean_distance_to_the_real_pictures(straight):
    distances = [np.abs(generated(straight.trained.generator, label) - photo).mean() / 255 for photo, label in WATCHED]
    assert np.mean(distances[:2]) != pytest.approx(np.mean(distances), abs=1e-4)  # only two are asked for
    assert straight.trained.history.validation[-1]["validation_l1"] == pytest.approx(np.mean(distances[:2]), abs=1e-5)


# From here on nothing is learned: the step only notes what it is given.


@pytest.fixture
def given(monkeypatch):
    """(inputs, targets, step number) of every step, in order."""
    seen = []

    def note(_, input_, target, step):
        seen.append((input_.numpy(), target.numpy(), step))
        return {"generator_total": tf.constant(float(step)), "generator_l1": tf.constant(1.0)}

    monkeypatch.setattr(TrainingStep, "__call__", note)
    return seen


def test_without_jitter_and_shuffling_the_pairs_come_in_file_order(given, tmp_path):
    start(tmp_path, loss="l1", epochs=2, buffer_size=1, jitter_scale=1, mirror=False)
    assert [step for *_, step in given] == [0, 1, 2, 3, 4, 5]
    photos, labels = (np.stack(half) / 127.5 - 1 for half in zip(*PAIRS, strict=True))
    for epoch in (given[:3], given[3:]):
        np.testing.assert_allclose(np.concatenate([inputs for inputs, *_ in epoch]), labels, atol=1e-6)
        np.testing.assert_allclose(np.concatenate([targets for _, targets, _ in epoch]), photos, atol=1e-6)


def test_a_resumed_run_sees_the_batches_it_would_have_seen(given, tmp_path):
    start(tmp_path / "whole", loss="l1")
    whole = list(given)
    given.clear()
    start(tmp_path / "halves", loss="l1", epochs=1)
    start(tmp_path / "halves", loss="l1")
    assert [step for *_, step in given] == list(range(9))
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
    start(tmp_path, loss="l1", epochs=4, batch_size=5, learning_rate=0.3, learning_rate_schedule="linear_decay")
    assert rates == pytest.approx([0.3, 0.3, 0.2, 0.1])


@pytest.mark.usefixtures("given")
def test_checkpoints_every_so_many_epochs_and_after_the_last(tmp_path):
    found = {}

    def look(row):
        found[row["epoch"]] = sorted(path.name for path in tmp_path.glob("epoch-*"))

    start(tmp_path, Watchers(validation=look), loss="l1", epochs=5, batch_size=5, checkpoint_epochs=2)
    assert found == {1: [], 2: [], 3: ["epoch-0002"], 4: ["epoch-0002"], 5: ["epoch-0004"]}
    assert [path.name for path in tmp_path.glob("epoch-*")] == ["epoch-0005"]


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    def explode(_, __, ___, step):
        loss = tf.constant(np.nan if step == 4 else 1.0)
        return {"generator_total": loss, "generator_l1": loss}

    monkeypatch.setattr(TrainingStep, "__call__", explode)
    with pytest.raises(TrainingError, match=r"generator_total is nan at step 5 \(epoch 2\)"):
        start(tmp_path, loss="l1")
    training = build(settings({"train.loss": "l1"}).train, 32, 3)
    epoch, history = checkpoint.restore(tmp_path, training)
    assert epoch == 1 and [row["step"] for row in history.losses] == [2, 3]


@pytest.mark.usefixtures("given")
def test_without_a_selection_split_nothing_is_validated_and_training_pairs_are_drawn(tmp_path):
    run = Run(tmp_path)
    trained = start(tmp_path, run.watchers(), watched=None, loss="l1", epochs=1)
    assert trained.history.validation == [] and run.validation == []
    np.testing.assert_array_equal(run.samples[1][4:36, 4:36], PAIRS[0][1])


@pytest.mark.usefixtures("given")
def test_samples_are_drawn_while_they_change_most_and_at_the_end(tmp_path):
    run = Run(tmp_path)
    start(tmp_path, run.watchers(), loss="l1", epochs=12, watched=WATCHED[:1], batch_size=5, checkpoint_epochs=99)
    assert sorted(run.samples) == [1, 2, 5, 10, 12]


@pytest.mark.usefixtures("given")
def test_a_watcher_cannot_change_the_history(tmp_path):
    untouched = start(tmp_path / "untouched", loss="l1", epochs=1).history
    meddled = start(
        tmp_path / "meddled",
        Watchers(losses=lambda row: row.update(step=-1), validation=lambda row: row.clear()),
        loss="l1",
        epochs=1,
    ).history
    assert isinstance(meddled, History) and meddled == untouched
