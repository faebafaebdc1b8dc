import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import CHECKOUT

from pix2pix import files
from pix2pix.errors import TrainingError
from pix2pix.training import checkpoint
from pix2pix.training.history import History
from pix2pix.training.step import TrainingStep, objective

HISTORY = History([{"epoch": 1, "step": 5, "generator_total": 0.1}], [{"epoch": 1, "validation_l1": 0.25}])


def network(inputs, filters, seed):
    """A convolution and a BatchNorm, which has moving averages."""
    joined = keras.layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    x = keras.layers.Conv2D(filters, 1, kernel_initializer=keras.initializers.RandomNormal(seed=seed))(joined)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], keras.layers.BatchNormalization()(x))


def small(seed, adversarial=True):
    picture = lambda: keras.Input((4, 4, 3))  # noqa: E731
    discriminator = network([picture(), picture()], 1, seed + 1) if adversarial else None
    goal = objective("cgan+l1" if adversarial else "l1", 10, "sum", "simultaneous")
    return TrainingStep(network([picture()], 3, seed), discriminator, goal, 0.01, 0.5, seed)


def learn(training, steps):
    random = np.random.default_rng(steps)
    pictures = [tf.constant(random.uniform(-1, 1, (1, 4, 4, 3)), tf.float32) for _ in range(2)]
    for step in steps:
        training(*pictures, step)


def weights(training):
    return [np.array(v) for model in (training.generator, training.discriminator) if model for v in model.weights]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


@pytest.fixture(scope="module")
def trained():
    training = small(0)
    learn(training, range(3))
    return training


@pytest.fixture
def saved(trained, tmp_path):
    checkpoint.save(tmp_path / "run", 3, trained, HISTORY)
    return tmp_path / "run"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_without_a_checkpoint_training_starts_at_the_beginning(tmp_path):
    training, fresh = small(0), small(0)
    assert checkpoint.restore(tmp_path / "absent", training) == (0, History())
    assert same(training, fresh)


@pytest.mark.parametrize("adversarial", [True, False])
def test_a_restored_run_goes_on_like_the_one_that_was_saved(tmp_path, adversarial):
    """Adam's moments and step count and BatchNorm's averages included: without them the next steps would differ."""
    original, other = small(0, adversarial), small(50, adversarial)
    learn(original, range(3))
    checkpoint.save(tmp_path, 7, original, HISTORY)
    learn(other, range(10, 12))
    assert not same(original, other)
    assert checkpoint.restore(tmp_path, other) == (7, HISTORY)
    assert same(original, other)
    learn(original, range(3, 5))
    learn(other, range(3, 5))
    assert same(original, other)


def test_only_the_newest_is_kept(trained, saved):
    (saved / "samples").mkdir()
    checkpoint.save(saved, 4, trained, HISTORY)
    assert names(saved) == ["epoch-0004", "samples"]


def test_the_newest_is_the_one_of_the_highest_epoch(trained, saved):
    """As numbers: as text 10000 comes before 9999."""
    (saved / "epoch-0003").rename(saved / "epoch-9999")
    checkpoint.save(saved / "elsewhere", 10000, trained, HISTORY)
    (saved / "elsewhere" / "epoch-10000").rename(saved / "epoch-10000")
    assert checkpoint.restore(saved, small(0))[0] == 10000


def test_half_a_checkpoint_is_none(trained, saved, monkeypatch):
    """A save that fails leaves the one before, and nothing that a later start could take for a checkpoint."""

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_json", full_disk)
    with pytest.raises(OSError, match="No space"):
        checkpoint.save(saved, 4, trained, HISTORY)
    assert names(saved) == ["epoch-0003"]
    (saved / ".epoch-0009.1.part").mkdir()
    (saved / "epoch-0009.bak").mkdir()
    assert checkpoint.restore(saved, small(0))[0] == 3


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("state.data-00000-of-00001", flip),
        ("state.data-00000-of-00001", lambda path: path.write_bytes(path.read_bytes()[:-1])),
        ("state.data-00000-of-00001", lambda path: path.unlink()),
        ("state.index", flip),
        ("state.index", lambda path: path.unlink()),
        ("history.json", lambda path: path.unlink()),
        ("history.json", lambda path: path.write_text("")),
        ("history.json", lambda path: path.write_text("{}")),
        ("history.json", lambda path: path.write_bytes(b"\xff\xfe")),
    ],
)
def test_a_damaged_checkpoint_is_refused_by_name(saved, name, damage):
    damage(saved / "epoch-0003" / name)
    with pytest.raises(TrainingError) as caught:
        checkpoint.restore(saved, small(0))
    assert str(caught.value).startswith(f"{saved / 'epoch-0003'}: damaged checkpoint")
    assert len(str(caught.value).splitlines()) == 1


def test_a_checkpoint_of_other_networks_is_refused(saved):
    with pytest.raises(TrainingError, match="damaged checkpoint"):
        checkpoint.restore(saved, small(0, adversarial=False))


def test_checkpoints_live_in_the_home_under_their_fingerprint(monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    assert checkpoint.run_folder("abc") == tmp_path / "checkpoints" / "abc"


def test_the_code_digest_follows_each_of_the_sources(monkeypatch, tmp_path):
    package = files.CHECKOUT / "src" / "pix2pix"
    for name in checkpoint.CODE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((package / name).read_bytes())
    shipped = checkpoint.code_digest()
    monkeypatch.setattr(checkpoint, "__file__", str(tmp_path / "training" / "checkpoint.py"))
    assert checkpoint.code_digest() == shipped  # wherever the checkout lies
    digests = set()
    for name in checkpoint.CODE:
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content + b"\n")
        digests.add(checkpoint.code_digest())
        (tmp_path / name).write_bytes(content)
    assert len(digests | {shipped}) == len(checkpoint.CODE) + 1


def test_one_trainer_a_run(tmp_path):
    """A second process is refused at once, by name; the lock goes with the first, however it ends."""
    code = (
        f"import pathlib\nfrom pix2pix.training import checkpoint as c\nwith c.alone(pathlib.Path({str(tmp_path)!r})):"
    )
    second = [sys.executable, "-c", f"{code} print('in')"]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src")}
    with checkpoint.alone(tmp_path):
        refused = subprocess.run(second, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert f"TrainingError: {tmp_path}: another process is training this run" in refused.stderr
    assert subprocess.run(second, env=environment, capture_output=True, text=True, check=True).stdout == "in\n"
