import json
import os
import re
import shutil
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pix2pix.base import files, hardware
from pix2pix.base.errors import TrainingError
from pix2pix.params import Pix2pix
from pix2pix.systems import pix2pix
from pix2pix.training import checkpoint
from pix2pix.training.draw import Draw
from pix2pix.training.plan import Plan
from pix2pix.training.play import play
from pix2pix.training.progress import Progress
from pix2pix.training.system import parts

# A run of a step an epoch that is far from its end.
PLAN = Plan(
    examples=1,
    batch_size=1,
    constant_epochs=10**9,
    decay_epochs=0,
    log_every=1,
    checkpoint_epochs=1,
    keep_checkpoints=2,
    checkpoint_minutes=1.0,
)
# In the midst of an epoch and between two rows of losses.
PROGRESS = Progress(
    step=7,
    images=13,
    seconds=1 / 3,
    peak_memory_gb=0.57,
    losses=[{"epoch": 1, "step": 5, "generator_total": 0.1, "generator_l1": 1e-30}],
    pending=[{"generator_total": float(np.float32(1 / 3)), "generator_l1": 0.1 + 0.2}] * 2,
    validation=[{"epoch": 1, "validation_l1": 0.25}],
    samples={
        epoch: np.random.default_rng(epoch).integers(0, 256, (20, 30, 3), dtype=np.uint8) for epoch in (1, 2, 10000)
    },
)
FILES = [
    "hashes.json",
    "progress.json",
    "samples/0001.png",
    "samples/0002.png",
    "samples/10000.png",
    "state.data-00000-of-00001",
    "state.index",
]


def network(name, inputs, filters, seed):
    """A convolution and a BatchNorm, which has moving averages."""
    joined = keras.layers.Concatenate()(inputs) if len(inputs) > 1 else inputs[0]
    x = keras.layers.Conv2D(filters, 1, kernel_initializer=keras.initializers.RandomNormal(seed=seed))(joined)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], keras.layers.BatchNormalization()(x), name=name)


def small(seed, adversarial=True):
    """pix2pix of two such networks, on pictures of 4x4."""
    picture = lambda: keras.Input((4, 4, 3))  # noqa: E731
    settings = Pix2pix(loss="cgan+l1" if adversarial else "l1", learning_rate=0.01)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pix2pix, "generator", lambda *_, **__: network("generator", [picture()], 3, seed))
        patch.setattr(pix2pix, "discriminator", lambda *_, **__: network("judge", [picture(), picture()], 1, seed + 1))
        return pix2pix.Pix2Pix(settings, "float32", made_examples.task(size=4), seed)


def learn(system, steps):
    random = np.random.default_rng(steps)
    batch = {name: tf.constant(random.uniform(-1, 1, (1, 4, 4, 3)), tf.float32) for name in ("input", "target")}
    for step in steps:
        play(system, batch, Draw(0, tf.constant(step, tf.int64)))


def weights(system):
    return [
        np.array(weight) for player in system.players.values() for model in player.models for weight in model.weights
    ]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


def save(folder, system, step=7, epoch=None, plan=PLAN, why="after 10 minutes"):
    """What a session does."""
    checkpoint.save(folder, parts(system), replace(PROGRESS, step=step), why, epoch)
    checkpoint.prune(folder, plan)


def restore(folder, system):
    """What a session does, of a run without ancestors."""
    return checkpoint.restore(parts(system), folder, checkpoint.candidates(folder, PLAN, []))


def assert_equal(first, second):
    """Two `Progress`, the pixels of their samples included."""
    first, second = asdict(first), asdict(second)
    assert list(first["samples"]) == list(second["samples"])
    for one, other in zip(first.pop("samples").values(), second.pop("samples").values(), strict=True):
        assert one.dtype == other.dtype == np.uint8
        np.testing.assert_array_equal(one, other)
    assert first == second
    assert [type(value) for value in first.values()] == [type(value) for value in second.values()]


@pytest.fixture(scope="module")
def trained():
    training = small(0)
    learn(training, range(3))
    return training


@pytest.fixture(scope="module")
def other():
    """Networks to restore into, with weights of their own each time they are asked for."""
    training = small(50)

    def scrambled():
        for variable in training.generator.weights:
            variable.assign(tf.ones_like(variable) * 7)
        return training

    return scrambled


@pytest.fixture(scope="module")
def original(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("original") / "run"
    save(folder, trained, 3)
    save(folder, trained, 7)
    return folder


@pytest.fixture
def saved(original, tmp_path):
    """A run with checkpoints after step 3 and step 7."""
    return Path(shutil.copytree(original, tmp_path / "run"))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_without_a_checkpoint_training_starts_at_the_beginning(tmp_path, capsys):
    training, fresh = small(0), small(0)
    assert restore(tmp_path / "absent", training) == checkpoint.Found(None, Progress(), "", {})
    assert same(training, fresh)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("adversarial", [True, False])
def test_a_restored_run_goes_on_like_the_one_that_was_saved(tmp_path, adversarial, capsys):
    """Adam's moments and step count and BatchNorm's averages included: without them the next steps would differ."""
    original, other = small(0, adversarial), small(50, adversarial)
    learn(original, range(3))
    save(tmp_path, original, why="on SIGTERM")
    learn(other, range(10, 12))
    assert not same(original, other)
    found = restore(tmp_path, other)
    assert_equal(found.progress, PROGRESS)
    assert re.fullmatch(r"on SIGTERM, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", found.occasion)
    assert capsys.readouterr().err == ""
    assert same(original, other)
    learn(original, range(3, 5))
    learn(other, range(3, 5))
    assert same(original, other)


def test_saving_changes_nothing_of_what_it_saves(tmp_path, trained):
    before, progress = weights(trained), deepcopy(PROGRESS)
    checkpoint.save(tmp_path, parts(trained), progress, "", None)
    assert_equal(progress, PROGRESS)
    assert all(np.array_equal(a, b) for a, b in zip(before, weights(trained), strict=True))


def test_every_file_has_its_hash(saved):
    path = saved / "step-00000007"
    assert sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()) == FILES
    hashes = json.loads((path / "hashes.json").read_text())
    assert sorted(hashes) == FILES[1:]
    assert hashes == {name: files.sha256(path / name) for name in hashes}


@pytest.mark.parametrize(
    ("step", "epoch", "name"),
    [
        (0, None, "step-00000000"),
        (12, None, "step-00000012"),
        (12, 3, "step-00000012-epoch-0003"),
        (123456789, 12345, "step-123456789-epoch-12345"),
    ],
)
def test_names(tmp_path, trained, step, epoch, name):
    save(tmp_path, trained, step, epoch)
    assert names(tmp_path) == [name]
    assert restore(tmp_path, small(0)).progress.step == step


def test_the_newest_is_the_one_of_the_highest_step(saved, other):
    """As numbers: as text 100000000 comes before 99999999."""
    (saved / "step-00000003").rename(saved / "step-99999999")
    (saved / "step-00000007").rename(saved / "step-100000000-epoch-0002")
    assert restore(saved, other()).progress.step == 7


@given(
    st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=1, max_size=30),
    st.integers(1, 4),
)
def test_what_is_kept(tmp_path_factory, saves, keep):
    """After each save: the newest `keep` after an epoch, and the newest two of all; nothing else is touched."""
    folder = tmp_path_factory.mktemp("kept")
    for name in ("samples", "step-x", "step-00000001-epoch", ".lock"):
        (folder / name).mkdir()
    others, all_, step = set(names(folder)), [], 0
    for number, (steps, after_epoch) in enumerate(saves, 1):
        step += steps
        path = folder / (f"step-{step:08d}-epoch-{number:04d}" if after_epoch else f"step-{step:08d}")
        (path / "deep").mkdir(parents=True)
        all_.append(path.name)
        checkpoint.prune(folder, replace(PLAN, keep_checkpoints=keep))
        expected = {name for name in all_ if "epoch" in name and sum("epoch" in n for n in all_ if n > name) < keep}
        assert set(names(folder)) == others | expected | set(all_[-2:])


def test_in_a_decay_the_newest_checkpoint_before_it_stays(tmp_path):
    """A training that slows down later, or not at all, resumes from there."""
    plan = replace(PLAN, constant_epochs=4, decay_epochs=9, keep_checkpoints=1)
    for number in range(1, 8):
        (tmp_path / f"step-{number:08d}-epoch-{number:04d}").mkdir()
        (tmp_path / f"step-{number:08d}").mkdir()
        checkpoint.prune(tmp_path, plan)
    kept = [int(name.split("-")[1]) for name in names(tmp_path) if "epoch" in name]
    assert kept == [4, 7]


def test_candidates_of_other_runs(tmp_path):
    """Those within the epochs that both share, before this run's end; of one step the run's own first."""
    plan = replace(PLAN, examples=3, constant_epochs=4)
    there = {"own": (3, 6), "longer": (6, 8, 9, 10, 12), "slowing": (2, 3, 4), "nothing": ()}
    for name, steps in there.items():
        for step in steps:
            (tmp_path / name / f"step-{step:08d}").mkdir(parents=True)
    others = [checkpoint.Ancestor(tmp_path / name, epochs) for name, epochs in (("longer", 9), ("slowing", 1))]
    found = checkpoint.candidates(tmp_path / "own", plan, [*others, checkpoint.Ancestor(tmp_path / "nothing", 1)])
    assert [(path.parent.name, int(path.name[-8:])) for path in found] == [
        *[("longer", 10), ("longer", 9), ("longer", 8), ("own", 6), ("longer", 6)],
        *[("own", 3), ("slowing", 3), ("slowing", 2)],
    ]


def test_a_save_removes_what_is_no_longer_needed(tmp_path, trained):
    found = []
    for step, epoch in [(2, None), (3, 1), (5, None), (6, 2), (8, None), (9, 3), (10, None), (11, None)]:
        save(tmp_path, trained, step, epoch, replace(PLAN, keep_checkpoints=1))
        found.append([name.removeprefix("step-000000") for name in names(tmp_path)])
    assert found == [
        ["02"],
        ["02", "03-epoch-0001"],
        ["03-epoch-0001", "05"],
        ["05", "06-epoch-0002"],
        ["06-epoch-0002", "08"],
        ["08", "09-epoch-0003"],
        ["09-epoch-0003", "10"],
        ["09-epoch-0003", "10", "11"],
    ]


@pytest.mark.parametrize("where", ["temporary.mkdir", "state", "samples", "write_json", "flush", "rename"])
def test_half_a_checkpoint_is_none(trained, saved, other, monkeypatch, where):
    """A save that fails leaves the ones before, and nothing that a later start could take for a checkpoint."""

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    owner, name = {
        "temporary.mkdir": (Path, "mkdir"),
        "state": (tf.train.Checkpoint, "write"),
        "samples": (checkpoint.pictures, "save_png"),
        "write_json": (checkpoint, "write_json"),
        "flush": (files.os, "fsync"),
        "rename": (Path, "replace"),
    }[where]
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(owner, name, full_disk)
        save(saved, trained, 9)
    assert names(saved) == ["step-00000003", "step-00000007"]
    (saved / ".step-00000009.1.part").mkdir()
    (saved / "step-00000009.bak").mkdir()
    assert restore(saved, other()).progress.step == 7


def flip(path, bit=0):
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1 << bit
    path.write_bytes(content)


def digit(path):
    """Change a figure, so that the file is still what it was to every reader."""
    text = path.read_text()
    assert text.count('"images": 13') == 1
    path.write_text(text.replace('"images": 13', '"images": 14'))


def hash_digit(path):
    """Another hash of the same form."""
    hashes = json.loads(path.read_text())
    hashes["state.index"] = hashes["state.index"][::-1]
    path.write_text(json.dumps(hashes))


DAMAGE = {
    **{f"{name} flipped": (name, flip) for name in FILES},
    **{f"{name} cut": (name, lambda path: path.write_bytes(path.read_bytes()[:-2])) for name in FILES},
    **{f"{name} empty": (name, lambda path: path.write_bytes(b"")) for name in FILES},
    **{f"{name} absent": (name, lambda path: path.unlink()) for name in FILES},
    "longer": ("state.data-00000-of-00001", lambda path: path.write_bytes(path.read_bytes() + b"\0")),
    "a figure": ("progress.json", digit),
    "a hash": ("hashes.json", hash_digit),
    "no hashes": ("hashes.json", lambda path: path.write_text("{}")),
    "hashes of another kind": ("hashes.json", lambda path: path.write_text("[]")),
    "hashes of no kind": ("hashes.json", lambda path: path.write_text("{'a'}")),
    "no text": ("hashes.json", lambda path: path.write_bytes(b"\xff\xfe")),
    "one too many": ("samples/0003.png", lambda path: path.write_bytes(b"x")),
    "nothing": ("", lambda path: (shutil.rmtree(path), path.mkdir())),
    "a file": ("", lambda path: (shutil.rmtree(path), path.write_text("x"))),
    "a folder": ("hashes.json", lambda path: (path.unlink(), path.mkdir())),
}


@pytest.mark.parametrize(("name", "damage"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_checkpoint_is_told_by_name_and_the_one_before_is_used(saved, other, trained, name, damage, capsys):
    newest = saved / "step-00000007"
    damage(newest / name)
    restored = other()
    assert_equal(restore(saved, restored).progress, replace(PROGRESS, step=3))
    assert same(restored, trained)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"warning: {newest}: damaged checkpoint (")
    assert names(saved) == ["step-00000003"]


def test_any_bit_of_any_file_counts(saved):
    """One bit of each of some hundred bytes of each."""
    path = saved / "step-00000007"
    shutil.rmtree(saved / "step-00000003")
    random = np.random.default_rng(0)
    for name in FILES:
        content = (path / name).read_bytes()
        places = range(0, len(content), 1 + len(content) // 100)
        for place in places:
            damaged = bytearray(content)
            damaged[place] ^= 1 << int(random.integers(8))
            (path / name).write_bytes(damaged)
            with pytest.raises(checkpoint.DamagedError):
                checkpoint.checked(path)
        (path / name).write_bytes(content)
    assert checkpoint.checked(path)["images"] == 13


def test_two_damaged_ones_and_one_sound(saved, other, trained, capsys):
    save(saved, trained, 8, epoch=2)
    save(saved, trained, 9)  # 7 goes
    save(saved, trained, 10)
    assert names(saved) == ["step-00000008-epoch-0002", "step-00000009", "step-00000010"]
    for name in ("step-00000009", "step-00000010"):
        flip(saved / name / "state.index")
    assert restore(saved, other()).progress.step == 8
    told = capsys.readouterr().err.splitlines()
    assert [re.search(r"step-\d+", line)[0] for line in told] == ["step-00000010", "step-00000009"]
    assert names(saved) == ["step-00000008-epoch-0002"]


def test_an_older_one_is_not_looked_at(saved, other, capsys):
    flip(saved / "step-00000003" / "state.index")
    assert restore(saved, other()).progress.step == 7
    assert capsys.readouterr().err == ""
    assert names(saved) == ["step-00000003", "step-00000007"]


def test_when_all_are_damaged_a_person_decides(saved, other, capsys):
    for path in saved.iterdir():
        flip(path / "progress.json")
    with pytest.raises(TrainingError) as caught:
        restore(saved, other())
    assert str(caught.value).startswith(f"{saved}: all checkpoints are damaged; remove them with `pix2pix clean run`, ")
    assert len(str(caught.value).splitlines()) == 1
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert names(saved) == ["step-00000003", "step-00000007"]


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")])
def test_what_cannot_be_read_now_is_not_called_damaged(saved, other, monkeypatch, capsys, error):
    """Another user's file, a network that is down: nothing may be removed for that."""

    def fail(_):
        raise error

    monkeypatch.setattr(checkpoint, "sha256", fail)
    with pytest.raises(OSError) as caught:
        restore(saved, other())
    assert caught.value is error
    assert capsys.readouterr().err == ""
    assert names(saved) == ["step-00000003", "step-00000007"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_another_user_is_not_called_damaged(saved, other):
    (saved / "step-00000007" / "state.index").chmod(0)
    with pytest.raises(PermissionError):
        restore(saved, other())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("model", ["generator", "discriminator"])
def test_a_weight_that_is_not_finite_is_refused(saved, bad, model):
    training = small(0)
    variable = getattr(training, model).trainable_variables[1]
    variable.assign(np.append(np.zeros(variable.shape[0] - 1), bad))
    with pytest.raises(TrainingError) as caught:
        save(saved, training, 9)
    assert f"{variable.path} is not finite after step 9; the last checkpoint is kept" in str(caught.value)
    assert names(saved) == ["step-00000003", "step-00000007"]


@pytest.mark.parametrize("fewer", [True, False])
def test_a_checkpoint_of_other_networks_is_refused(saved, fewer, tmp_path, capsys):
    """Its hashes are right, so it is not damaged, and is not removed."""
    folder = saved
    if not fewer:
        folder = tmp_path / "l1"
        save(folder, small(0, adversarial=False), 7)
    with pytest.raises(TrainingError, match=r"step-00000007: does not fit this run's networks \("):
        restore(folder, small(0, adversarial=not fewer))
    assert capsys.readouterr().err == ""
    assert "step-00000007" in names(folder)


def test_another_setting_is_told(saved, other, monkeypatch, capsys):
    """And the checkpoint says what it was written under."""
    found = restore(saved, other())
    assert found.setting == hardware.setting()
    assert found.same_setting() and capsys.readouterr().err == ""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    now = hardware.setting() | {"numpy": "0.1"}
    monkeypatch.setattr(hardware, "setting", lambda: now)
    assert not found.same_setting()
    lines = capsys.readouterr().err.splitlines()
    assert [re.match(r"warning: (\w+) was (\S+) and is (\S+): ", line).groups() for line in lines] == [
        ("TF_ENABLE_ONEDNN_OPTS", "1", "0"),
        ("numpy", np.__version__, "0.1"),
    ]
    assert all("exact=false" in line for line in lines)


def test_a_run_that_is_not_exact_stays_so(tmp_path, trained):
    checkpoint.save(tmp_path, parts(trained), replace(PROGRESS, exact=False), "", None)
    assert restore(tmp_path, small(0)).progress.exact is False


def test_without_a_checkpoint_no_setting_differs(tmp_path):
    assert restore(tmp_path, small(0)).same_setting()


def test_a_checkpoint_of_another_run_is_refused(saved, other):
    """One that was copied, or whose folder was renamed, is no checkpoint of these parameters."""
    renamed = saved.rename(saved.with_name("another"))
    with pytest.raises(TrainingError, match="step-00000007: belongs to the run run, so it was copied or renamed"):
        restore(renamed, other())
