"""The segmenter from examples to the trained model: what its loss is, how it resumes, and which epoch is kept."""

from pathlib import Path
from types import SimpleNamespace

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import settings
from keras import layers
from keras.initializers import HeNormal
from toy_training import (
    Killed,
    Run,
    assert_same_run,
    kill_in,
    never,
    state_of,
    steps_saved,
    stopped_after_every_step,
    sums_of_shared_terms,
)

from pix2pix.base.errors import TrainingError
from pix2pix.data.labels import palette
from pix2pix.data.views import OUTSIDE
from pix2pix.evaluation.measure import SEGMENTATION
from pix2pix.evaluation.measures import lead
from pix2pix.systems import readers, segmenter, segmenting
from pix2pix.systems.readers import Judge, chosen
from pix2pix.systems.segmenter import class_weights, weighted_cross_entropy
from pix2pix.systems.segmenting import photos_and_classes
from pix2pix.training.fingerprint import fingerprint
from pix2pix.training.followers import Followers
from pix2pix.training.windows import Windows

CLASSES = palette({"black": (0, 0, 0), "red": (255, 0, 0), "green": (0, 255, 0), "never": (255, 255, 255)})
# Photos in which the colours stand for the classes, but other ones than in the label map.
PHOTO = palette({"black": (40, 60, 200), "red": (130, 130, 130), "green": (220, 200, 60), "never": (0, 0, 0)})
# Two steps an epoch, of two small photos each.
TINY = {"epochs": 3, "batch_size": 2, "crop": 32, "filters": 2, "log_every": 1, "checkpoint_minutes": 1e6}
ALWAYS = {"checkpoint_minutes": 1e-9}


def scene(seed, size, block):
    """(photo, label map) of random blocks; half of them black, a quarter each red and green."""
    blocks = np.random.default_rng(seed).choice(np.array([0, 0, 1, 2], np.uint8), (size // block, size // block))
    classes = np.kron(blocks, np.ones((block, block), np.uint8))
    return PHOTO.paint(classes), CLASSES.paint(classes)


def scenes(*seeds, size=32, block=16):
    """Examples of a photo and its label map."""
    return made_examples.of(
        [scene(seed, size, block) for seed in seeds], made_examples.task("picture", "label map", size)
    )


@pytest.mark.parametrize("kinds", [("picture", "label map"), ("label map", "picture")])
def test_photos_and_their_classes(kinds):
    """Whichever of them is the input."""
    pairs = [scene(seed, 32, 8) for seed in range(3)]
    stored = pairs if kinds[0] == "picture" else [pair[::-1] for pair in pairs]
    photos, classes = photos_and_classes(made_examples.of(stored, made_examples.task(*kinds)), CLASSES)
    assert photos.shape == (3, 32, 32, 3) and classes.shape == (3, 32, 32) and classes.dtype == np.uint8
    for number, (photo, label) in enumerate(pairs):
        np.testing.assert_array_equal(photos[number], photo)
        np.testing.assert_array_equal(CLASSES.paint(classes[number]), label)


# ---- what it learns from ----


def test_rare_classes_count_more_without_drowning_the_common_ones():
    """Weights 1/√share, scaled so that a pixel weighs 1 on average; undecided logits cost ln 4 a pixel."""
    _, maps = photos_and_classes(scenes(0, size=64, block=8), CLASSES)
    weights = class_weights(maps, CLASSES)
    undecided = tf.zeros((1, 64, 64, 4))

    def cost(classes):
        return float(weighted_cross_entropy(classes, undecided, weights)) / np.log(4)

    assert cost(tf.constant(maps, tf.int32)) == pytest.approx(1, rel=1e-5)
    costs = [cost(tf.fill((1, 64, 64), number)) for number in range(4)]
    shares = [(maps == number).mean() for number in range(3)]
    total = sum(np.sqrt(share) for share in shares)
    assert costs == pytest.approx([1 / np.sqrt(share) / total for share in shares] + [0], rel=1e-5)
    assert cost(tf.fill((1, 64, 64), OUTSIDE)) == 0


def test_the_loss_is_the_cross_entropy_of_the_softmax():
    random = np.random.default_rng(0)
    logits, classes = random.normal(size=(2, 3, 3, 4)), random.integers(-1, 4, (2, 3, 3))
    weights = np.array([1.0, 2.0, 0.5, 0.0], np.float32)
    likely = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    each = [weights[of] * -np.log(likely[place][of]) if of != OUTSIDE else 0 for place, of in np.ndenumerate(classes)]
    loss = weighted_cross_entropy(tf.constant(classes, tf.int32), tf.constant(logits, tf.float32), tf.constant(weights))
    assert float(loss) == pytest.approx(np.mean(each), rel=1e-5)


# ---- trainings ----


def quiet(model):
    """A score of the test's: best while the moving variance of the first normalisation is what it began as."""
    return -float(np.abs(model.get_layer("stem_norm").moving_variance - 1).mean())


def little(classes, filters, *_):
    """A network with all that must be saved and drawn: moving averages, dropout, weights with and without decay."""
    photo = keras.Input((None, None, 3), name="photo")
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer=HeNormal(1), name="stem")(photo)
    x = layers.Dropout(0.2, seed=0, name="dropout")(layers.BatchNormalization(name="stem_norm")(x))
    logits = layers.Conv2D(classes, 1, kernel_initializer="zeros", name="score")(x)
    return keras.Model(photo, logits, name="segmenter")


@pytest.fixture
def real_job(monkeypatch):
    """Make a job of four scenes; `score` looks at the model after every epoch."""
    monkeypatch.setattr(readers, "LOOK_EVERY", 1)
    monkeypatch.setattr(readers.code, "training_digest", lambda *_: "code")
    monkeypatch.setattr(readers.manifests, "digest", lambda _, names: f"records of {names}")

    def make(score=None, train=(0, 1, 2, 3), size=32, block=16, **changes):
        roles = {"train": scenes(*train, size=size, block=block)} | ({"selection": scenes(9)} if score else {})
        monkeypatch.setattr(readers.manifests, "expected", lambda *_: SimpleNamespace(roles=roles))
        monkeypatch.setattr(readers.records, "load", lambda _, role: roles[role])
        params = settings({f"segmenter.{key}": value for key, value in (TINY | changes).items()})
        judge = Judge(lead(SEGMENTATION), lambda pairs, _: seen.append(len(pairs)) or score)
        return segmenting.job(params, Path("records"), CLASSES, judge)

    seen = []
    return make


@pytest.fixture
def job(real_job, monkeypatch):
    """The same with a little network."""
    monkeypatch.setattr(segmenter, "segmenter", little)
    return real_job


def train(job, folder, *followers, stop=never):
    return job.train(job.prepared(), folder, [], Followers(*followers), stop)


def test_a_training_has_rows_and_a_model(job, tmp_path):
    run = Run(tmp_path)
    trained = train(job(), tmp_path, run)
    assert [(row["epoch"], row["step"]) for row in run.losses] == [(1, 1), (1, 2), (2, 3), (2, 4), (3, 5), (3, 6)]
    assert run.losses[0].keys() == {"epoch", "step", "segmenter_loss", "segmenter_gradient_norm"}
    # The first logits prefer no class.
    assert run.losses[0]["segmenter_loss"] == pytest.approx(np.log(4), rel=0.3)
    assert (run.validation, run.samples) == ([], {})
    assert list(trained.last) == ["segmenter"] and trained.last == trained.selected
    assert chosen(trained) == {"selected_epoch": 3}
    assert steps_saved(tmp_path) == [4, 6]


@pytest.mark.parametrize("score", [None, quiet])
def test_a_training_stopped_after_every_step_goes_on_as_if_it_had_not(job, tmp_path, score):
    """Weights, AdamW's moments, moving averages, the model that is kept, rows; dropout and views follow from a step."""
    straight = train(job(score), tmp_path / "straight")
    resumed = stopped_after_every_step(lambda stop: train(job(score), tmp_path / "stopped", stop=stop), 6)
    assert_same_run(tmp_path / "straight", tmp_path / "stopped", straight, resumed)
    assert resumed.epoch == (1 if score else 3)
    assert any("velocit" in name or "segmenter_optimizer" in name for name in state_of(tmp_path / "stopped"))


def test_no_sum_of_a_step_of_the_real_network_depends_on_what_is_computed_first(real_job, tmp_path):
    assert sums_of_shared_terms(lambda: train(real_job(epochs=1), tmp_path)) == []


def test_a_training_killed_in_the_midst_of_steps_goes_on_as_if_it_had_not(job, tmp_path, monkeypatch, capsys):
    """With a checkpoint after every step; the last batch of an epoch is a small one."""
    options = {"train": (0, 1, 2), "epochs": 2}
    straight = train(job(**options), tmp_path / "straight")
    kill_in(monkeypatch, 2, 4)
    for begun in (0, 1):
        with pytest.raises(Killed):
            train(job(**options | ALWAYS), tmp_path / "killed")
        assert f" at step {begun} of 4 " in capsys.readouterr().out
    resumed = train(job(**options | ALWAYS), tmp_path / "killed")
    assert "resuming at step 3 of 4 " in capsys.readouterr().out
    assert_same_run(tmp_path / "straight", tmp_path / "killed", straight, resumed)


@pytest.fixture
def unlearned(monkeypatch):
    """Nothing is learned; of every step, the step size that it would have had."""
    rates = []

    def note(windows, window, _):
        optimizer = windows._system.players["segmenter"].optimizer
        rates.append(float(optimizer.learning_rate))
        optimizer.iterations.assign_add(1)
        return {"segmenter_loss": tf.ones(len(window["photo"]))}

    monkeypatch.setattr(Windows, "__call__", note)
    return rates


def test_the_step_size_rises_for_an_epoch_and_falls_to_nothing(job, tmp_path, unlearned):
    """Two steps up, then a half cosine over four."""
    train(job(learning_rate=1e-3), tmp_path)
    cosine = [0.5 * (1 + np.cos(np.pi * step / 4)) for step in range(4)]
    assert unlearned == pytest.approx([0.5e-3, 0.75e-3, *(1e-3 * each for each in cosine)], abs=1e-8)


@pytest.mark.usefixtures("unlearned")
def test_the_best_of_the_models_looked_at_is_kept_and_of_equal_ones_the_first(job, tmp_path):
    looks = iter([0.2, 0.5, 0.5])
    trained = train(job(lambda _: next(looks)), tmp_path)
    assert chosen(trained) == {"selected_epoch": 2, "selection_class_iou": 0.5}
    assert [row["validation_class_iou"] for row in trained.progress.validation] == [0.2, 0.5, 0.5]


@pytest.mark.usefixtures("unlearned")
def test_there_is_a_look_every_few_epochs_and_after_the_last(job, tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "LOOK_EVERY", 2)
    trained = train(job(lambda _: 0.5, epochs=5), tmp_path)
    assert [row["epoch"] for row in trained.progress.validation] == [2, 4, 5]


def test_a_training_that_diverges_says_so(job, tmp_path):
    with pytest.raises(TrainingError, match=r"training stopped: \S+ is (not finite after|nan at|inf at) step \d"):
        train(job(learning_rate=1e30), tmp_path)


def test_what_decides_the_segmenter_decides_its_fingerprint(job):
    usual = job()
    assert (usual.kind, usual.source, usual.seed) == ("segmenter", "stages/segmenter.py", job(epochs=9).seed)
    assert usual.decisive["records"] == "records of ['input', 'target']"
    assert fingerprint(usual.decisive) == usual.fingerprint == job(checkpoint_minutes=2.0).fingerprint
    assert len({usual.fingerprint, job(epochs=9).fingerprint, job(filters=3).fingerprint}) == 3
    assert usual.about("segmenter", 7, "last") == {
        "classes": ["black", "red", "green", "never"],
        "colours": CLASSES.colours.tolist(),
        "epoch": 7,
        "selected_by": "last",
    }


@pytest.mark.slow
def test_it_learns(real_job, tmp_path):
    options = {"epochs": 25, "batch_size": 4, "crop": 64, "filters": 4, "learning_rate": 1e-2}
    trained = train(real_job(train=range(16), size=64, block=32, **options), tmp_path)
    photos, maps = photos_and_classes(scenes(*range(90, 96), size=64, block=32), CLASSES)
    said = np.argmax(trained.last["segmenter"](photos / np.float32(127.5) - 1, training=False), axis=-1)
    assert (said == maps).mean() > 0.75  # half of them are black
