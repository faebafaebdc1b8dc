"""The classifier from examples to the trained model: what its loss is, how it resumes, and which epoch is kept."""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from keras.initializers import HeNormal
from sklearn.utils.class_weight import compute_class_weight
from toy_training import (
    Killed,
    Run,
    assert_same_run,
    kill_in,
    never,
    stopped_after_every_step,
    sums_of_shared_terms,
)

from pix2pix import params
from pix2pix.base.scale import to_network
from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Field, Task
from pix2pix.evaluation import class_reader
from pix2pix.evaluation.measure import ASKED
from pix2pix.evaluation.measures import lead
from pix2pix.params.systems.cgan import Cgan
from pix2pix.systems import classifier, classifying, readers
from pix2pix.systems.classifier import Classifier, class_weights
from pix2pix.systems.readers import Judge, chosen
from pix2pix.training.followers import Followers

NAMES = ["dark", "light", "striped"]
SIZE = 32
DATA = {
    "dataset": "custom", "task": "labelled", "classes": NAMES, "palette": "none", "direction": "left_to_right",
    "image_size": SIZE,
}  # fmt: skip
TINY = {"epochs": 2, "batch_size": 4, "filters": 2, "log_every": 1, "checkpoint_minutes": 1e6}


def picture(number: int, class_id: int, channels: int = 3) -> np.ndarray:
    """A noisy picture that is dark, light, or has stripes."""
    made = np.random.default_rng(number).integers(0, 60, (SIZE, SIZE, channels))
    made += {0: 20, 1: 160, 2: 0}[class_id]
    if class_id == 2:
        made[::4] += 180
    return np.clip(made, 0, 255).astype(np.uint8)


def pictures(classes: list[int], start: int = 0, channels: int = 3) -> Examples:
    fields = (Field("class", "class", 1, 1, 1), Field("target", "picture", SIZE, SIZE, channels))
    made = [
        {"class": np.array(class_id, np.int32), "target": picture(start + number, class_id, channels)}
        for number, class_id in enumerate(classes)
    ]
    return Examples([f"train/{start + number}" for number in range(len(made))], Task(fields), made.__getitem__)


def little(size, classes, filters, *_):
    """A network with all that must be saved and drawn: moving averages, dropout, weights with and without decay."""
    photo = keras.Input((*size, 3), name="photo")
    x = layers.Conv2D(filters, 3, 4, use_bias=False, kernel_initializer=HeNormal(1), name="stem")(photo)
    x = layers.Dropout(0.2, seed=0, name="dropout")(layers.BatchNormalization(name="stem_norm")(x))
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(photo, layers.Dense(classes, kernel_initializer="zeros", name="logits")(x), name="classifier")


@pytest.fixture
def real_job(monkeypatch, tmp_path):
    """Make a job of six pictures, two steps an epoch; with `judge`, nine others choose the epoch."""
    monkeypatch.setattr(readers, "LOOK_EVERY", 1)
    monkeypatch.setattr(readers.code, "training_digest", lambda *_: "code")
    monkeypatch.setattr(readers.manifests, "digest", lambda _, names: f"records of {names}")

    def make(judge=None, classes=(0, 1, 2, 0, 1, 0), channels=3, **changes):
        roles = {"train": pictures(list(classes), channels=channels)}
        roles |= {"selection": pictures([0, 1, 2] * 3, 90, channels)} if judge else {}
        monkeypatch.setattr(readers.manifests, "expected", lambda *_: SimpleNamespace(roles=roles))
        monkeypatch.setattr(readers.records, "load", lambda _, role: roles[role])
        data = params.Data(**DATA, path=str(tmp_path))
        asked = params.Params(data=data, model=Cgan(), segmenter=params.Segmenter(**TINY | changes))
        return classifying.job(asked, Path("records"), Judge(lead(ASKED), judge or class_reader.judge))

    return make


@pytest.fixture
def job(real_job, monkeypatch):
    """The same with a little network."""
    monkeypatch.setattr(classifier, "classifier", little)
    return real_job


def train(job, folder, *followers, stop=never):
    return job.train(job.prepared(), folder, [], Followers(*followers), stop)


# ---- what it learns from ----


def test_classes_count_alike():
    counts = [57, 3, 40]
    labels = np.repeat(range(3), counts)
    weights = class_weights(counts)
    np.testing.assert_allclose(weights, compute_class_weight("balanced", classes=np.arange(3), y=labels))
    assert weights[labels].mean() == pytest.approx(1)


def test_the_loss_is_the_weighted_cross_entropy_of_the_softmax():
    system = Classifier(params.Segmenter(**TINY), (SIZE, SIZE), [1, 2, 5], 3, 0)
    logits, classes = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, 2, 2, 1])
    likely = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    weights = 8 / (3 * np.array([1, 2, 5]))
    expected = np.mean([weights[of] * -np.log(row[of]) for of, row in zip(classes, likely, strict=True)])
    batch = {"class": tf.constant(classes, tf.int32)}
    losses = system.losses("classifier", batch, {"logits": tf.constant(logits, tf.float32)}, {})
    assert float(losses["total"]) == float(losses["classifier_loss"]) == pytest.approx(expected, rel=1e-5)


def test_it_learns_from_whole_pictures_as_they_are_shown():
    """Grey ones have three channels; views keep their size and class, and follow from seed and epoch."""
    photos = classifying.as_shown(pictures([0, 1, 2, 1], channels=1))
    assert np.array_equal(photos[1]["photo"], picture(1, 1, 1).repeat(3, axis=2))
    views = classifying.Views(photos, 2, seed=3)
    (window,) = views(0, [range(2)])
    assert window["photo"].shape == (2, 2, SIZE, SIZE, 3) and window["photo"].dtype == tf.uint8
    assert window["class"].shape == (2, 2) and sorted(np.ravel(window["class"])) == [0, 1, 1, 2]
    (again,), (later,) = views(0, [range(2)]), views(1, [range(2)])
    assert np.array_equal(again["photo"], window["photo"]) and not np.array_equal(later["photo"], window["photo"])


# ---- trainings ----


def test_a_training_has_rows_and_a_model(job, tmp_path):
    run, made = Run(tmp_path), job()
    trained = train(made, tmp_path, run)
    assert run.losses[0].keys() == {"epoch", "step", "classifier_loss", "classifier_gradient_norm"}
    assert [row["step"] for row in run.losses] == [1, 2, 3, 4]
    assert list(trained.last) == ["segmenter"] and chosen(trained) == {"selected_epoch": 2}
    assert (made.kind, made.source, made.decisive["records"]) == (
        "segmenter", "stages/segmenter.py", "records of ['class', 'target']",
    )  # fmt: skip
    told = made.about("segmenter", 2, "last")
    assert told["classes"] == NAMES and told["keys_without_effect"] == ["crop"] and told["epoch"] == 2


@pytest.mark.parametrize("judged", [False, True])
def test_a_training_stopped_after_every_step_goes_on_as_if_it_had_not(job, tmp_path, judged):
    """Weights, AdamW's moments, moving averages, the model that is kept; dropout and views follow from a step."""
    judge = class_reader.judge if judged else None
    straight = train(job(judge), tmp_path / "straight")
    resumed = stopped_after_every_step(lambda stop: train(job(judge), tmp_path / "stopped", stop=stop), 4)
    assert_same_run(tmp_path / "straight", tmp_path / "stopped", straight, resumed)


def test_a_training_killed_in_the_midst_of_steps_goes_on_as_if_it_had_not(job, tmp_path, monkeypatch):
    straight = train(job(), tmp_path / "straight")
    kill_in(monkeypatch, 2, 4)
    for _ in range(2):
        with pytest.raises(Killed):
            train(job(checkpoint_minutes=1e-9), tmp_path / "killed")
    resumed = train(job(checkpoint_minutes=1e-9), tmp_path / "killed")
    assert_same_run(tmp_path / "straight", tmp_path / "killed", straight, resumed)


def test_no_sum_of_a_step_of_the_real_network_depends_on_what_is_computed_first(real_job, tmp_path):
    assert sums_of_shared_terms(lambda: train(real_job(epochs=1), tmp_path)) == []


def test_the_first_of_the_epochs_with_the_best_accuracy_is_kept(job, tmp_path):
    looks = iter([0.2, 0.5, 0.5])
    trained = train(job(lambda *_: lambda _: next(looks), epochs=3), tmp_path)
    assert chosen(trained) == {"selected_epoch": 2, "selection_accuracy": 0.5}


def test_it_learns(real_job, tmp_path):
    trained = train(real_job(classes=[0, 1, 2] * 8, epochs=12, filters=4, learning_rate=1e-2), tmp_path)
    classes = [0, 1, 2] * 4
    others = [picture(500 + number, class_id) for number, class_id in enumerate(classes)]
    assert class_reader.judge(others, classes)(trained.last["segmenter"]) > 0.8


# ---- reading ----


def test_a_picture_and_its_mirror_image_are_read_together():
    """By the sum of their likelihoods, computed here by NumPy from the network's logits."""
    model = Classifier(params.Segmenter(**TINY), (SIZE, SIZE), [1, 1, 1], 3, 0).products["segmenter"]
    random = np.random.default_rng(0)
    model.get_layer("logits").set_weights([random.normal(size=(16, 3)), random.normal(size=3)])
    read = class_reader.ClassReader.of(model)
    for number in range(5):
        shown = random.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
        logits = model(to_network(np.stack([shown, shown[:, ::-1]])), training=False).numpy()
        likely = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        assert read(shown) == int(likely.sum(0).argmax()), number


def test_the_judge_counts_hits():
    class Bright(keras.Model):
        def call(self, photo, training=False):  # noqa: ARG002
            return tf.stack([tf.zeros(tf.shape(photo)[0]), tf.reduce_mean(photo, [1, 2, 3])], axis=-1)

    photos = [np.full((4, 4, 3), value, np.uint8) for value in (10, 250, 240, 20)]
    reader = class_reader.ClassReader(Bright())
    assert [reader(photo) for photo in photos] == [0, 1, 1, 0]
