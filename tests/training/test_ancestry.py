import json
import re

import pytest
import tensorflow as tf
from conftest import settings
from toy_training import PAIRS, Run, asks_at, assert_same_run, newest, start, start_among, steps_saved

from pix2pix.base.errors import StoppedError
from pix2pix.training.ancestry import Ancestor, ancestors
from pix2pix.training.fingerprint import SEGMENTER, decisive, fingerprint
from pix2pix.training.windows import Windows


def told(records="m", code="c", **changes):
    return decisive(settings({name.replace("__", "."): value for name, value in changes.items()}), records, code)


def run(home, what):
    """The folder of a run, described as `run_folder.describe` does it."""
    folder = home / fingerprint(what)
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(what))
    return folder


@pytest.mark.parametrize(
    ("ours", "theirs", "shared"),
    [
        ({"train__epochs": 4}, {"train__epochs": 2}, 2),
        ({"train__epochs": 2}, {"train__epochs": 4}, 2),
        ({"train__epochs": 4}, {"train__epochs": 2, "train__decay_epochs": 5}, 2),
        ({"train__epochs": 2, "train__decay_epochs": 9}, {"train__epochs": 2, "train__decay_epochs": 1}, 2),
        ({"train__epochs": 1, "train__decay_epochs": 9}, {"train__epochs": 2}, 1),
    ],
)
def test_two_runs_are_the_same_until_the_first_of_them_ends_or_slows_down(tmp_path, ours, theirs, shared):
    folder, other = run(tmp_path, told(**ours)), run(tmp_path, told(**theirs))
    assert ancestors(folder, told(**ours)) == [Ancestor(other, shared)]


@pytest.mark.parametrize(
    "theirs",
    [
        {"seed": 1},
        {"model__loss": "l1"},
        {"train__batch_size": 3},
        {"train__log_every": 7},
        {"train__select": "validation_l1"},
        {"records": "other"},
        {"code": "other"},
        {"train__start_from": "models:/facades/1"},
    ],
)
def test_another_past_is_no_ancestor(tmp_path, theirs):
    run(tmp_path, told(**theirs, train__epochs=2))
    ours = told(train__epochs=4)
    assert ancestors(run(tmp_path, ours), ours) == []


def test_a_run_is_no_ancestor_of_itself_and_others_come_by_name(tmp_path):
    ours = told(train__epochs=4)
    folder = run(tmp_path, ours)
    others = sorted(run(tmp_path, told(train__epochs=epochs)) for epochs in (1, 2, 3))
    assert [other for other, _ in ancestors(folder, ours)] == others


def test_a_run_that_is_not_described_yet_has_ancestors(tmp_path):
    other = run(tmp_path, told(train__epochs=2))
    assert ancestors(tmp_path / "new", told(train__epochs=4)) == [Ancestor(other, 2)]


@pytest.mark.parametrize("content", ["", "{", "[1]", "{}", '{"train.epochs": 2}'])
def test_a_folder_that_cannot_be_read_is_no_ancestor(tmp_path, content):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text(content)
    (tmp_path / "empty").mkdir()
    (tmp_path / ".trash").mkdir()
    (tmp_path / ".trash" / "run.json").write_text(json.dumps(told(train__epochs=2)))
    assert ancestors(tmp_path / "new", told(train__epochs=4)) == []


def test_a_segmenter_has_none(tmp_path):
    """Its learning rate follows from all its epochs: a longer training is another one from its first step."""
    run(tmp_path, decisive(settings({"segmenter.epochs": 2}), "m", "c", SEGMENTER))
    ours = decisive(settings({"segmenter.epochs": 4}), "m", "c", SEGMENTER)
    assert ancestors(tmp_path / "new", ours) == []


# ---- trainings that continue another one: two steps an epoch, of little networks ----

EVEN = {"pairs": PAIRS[:4], "checkpoint_epochs": 1, "keep_checkpoints": 9}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """Trainings that begin anew, each made once: from changed options to (what came out, folder)."""
    made = {}

    def anew(**changes):
        key = tuple(sorted(changes.items()))
        if key not in made:
            folder = tmp_path_factory.mktemp("scratch") / "run"
            made[key] = start(folder, **EVEN | changes), folder
        return made[key]

    return anew


def assert_as_from_scratch(scratch, found, **changes):
    trained, folder = found
    expected, where = scratch(**changes)
    assert_same_run(where, folder, expected, trained)


def goes_on(said, step, steps, other, occasion):
    return re.search(
        rf"^continuing at step {step} of {steps} of fingerprint \w+ from run {other.name}, which was the same until "
        rf"then \({occasion}, [-0-9]+ [:0-9]+[-+][:0-9]+\)$",
        said,
        re.MULTILINE,
    )


def test_two_epochs_and_then_two_more_are_four(scratch, tmp_path, capsys):
    _, short = start_among(tmp_path, epochs=2, **EVEN)
    before = sorted(short.rglob("*"))
    run = Run(tmp_path)
    found = start_among(tmp_path, run, epochs=4, **EVEN)
    assert goes_on(capsys.readouterr().out, 4, 8, short, "after epoch 2")
    assert_as_from_scratch(scratch, found, epochs=4)
    assert steps_saved(found[1]) == [6, 8] and sorted(short.rglob("*")) == before
    # Whoever follows hears of the shorter run's epochs, too.
    assert [row["epoch"] for row in run.validation] == [1, 2, 3, 4] and run.drawn == [1, 2, 4]


def test_a_longer_training_may_be_stopped_on_the_way(scratch, tmp_path, capsys):
    """In the shorter run, in the longer one after its first step, and just before its end."""
    with pytest.raises(StoppedError, match="at step 3 of 4"):
        start_among(tmp_path, epochs=2, stop=asks_at(3), **EVEN)
    for step, begun in ((1, "continuing at step 3 of 8"), (3, "resuming at step 4 of 8")):
        with pytest.raises(StoppedError, match=f"at step {4 if step == 1 else 7} of 8"):
            start_among(tmp_path, epochs=4, stop=asks_at(step), **EVEN)
        assert begun in capsys.readouterr().out
    found = start_among(tmp_path, epochs=4, **EVEN)
    assert "resuming at step 7 of 8" in capsys.readouterr().out
    assert_as_from_scratch(scratch, found, epochs=4)


def test_the_selected_epoch_is_that_of_the_whole_run(scratch, tmp_path):
    options = {"select": "validation_l1"}
    start_among(tmp_path, epochs=2, **EVEN | options)
    found = start_among(tmp_path, epochs=4, **EVEN | options)
    assert_as_from_scratch(scratch, found, epochs=4, **options)


@pytest.mark.parametrize("keep", [1, 9])
def test_another_decay_goes_on_from_before_the_decay(scratch, tmp_path, capsys, keep):
    """The checkpoint before the decay is kept for that, even where only one is to be."""
    options = EVEN | {"keep_checkpoints": keep}
    _, short = start_among(tmp_path, epochs=2, decay_epochs=3, **options)
    assert 4 in steps_saved(short)
    found = start_among(tmp_path, epochs=2, decay_epochs=1, **EVEN)
    assert goes_on(capsys.readouterr().out, 4, 6, short, "after epoch 2")
    assert_as_from_scratch(scratch, found, epochs=2, decay_epochs=1)


def test_what_was_done_beyond_the_shared_epochs_is_not_used(scratch, tmp_path, capsys):
    """The other run slowed down after two epochs, and has checkpoints after three and four."""
    _, slowing = start_among(tmp_path, epochs=2, decay_epochs=2, **EVEN)
    assert steps_saved(slowing) == [2, 4, 6, 8]
    found = start_among(tmp_path, epochs=4, **EVEN)
    assert goes_on(capsys.readouterr().out, 4, 8, slowing, "after epoch 2")
    assert_as_from_scratch(scratch, found, epochs=4)


def test_a_run_of_fewer_epochs_ends_as_it_would_have_ended(scratch, tmp_path, capsys):
    """A longer run draws nothing after its third epoch; a run of three ends with pictures."""
    _, long = start_among(tmp_path, epochs=4, **EVEN)
    found = start_among(tmp_path, epochs=3, **EVEN)
    assert goes_on(capsys.readouterr().out, 4, 6, long, "after epoch 2")
    assert list(found[0].progress.samples) == [1, 2, 3]
    assert_as_from_scratch(scratch, found, epochs=3)


@pytest.mark.parametrize("change", [{"seed": 4}, {"lambda_l1": 10.0}, {"batch_size": 1}])
def test_another_past_is_never_gone_on_from(tmp_path, monkeypatch, capsys, change):
    monkeypatch.setattr(Windows, "__call__", lambda _, window, __: {"generator_l1": tf.ones(len(window["input"]))})
    options = EVEN | {"watched": None, "loss": "cgan+l1"}
    start_among(tmp_path, epochs=1, **options)
    start_among(tmp_path, epochs=2, **options | change)
    assert "\nstarting at step 0 of " in capsys.readouterr().out


def test_a_damaged_checkpoint_of_another_run_is_told_and_left_to_that_run(scratch, tmp_path, capsys):
    _, short = start_among(tmp_path, epochs=2, **EVEN)
    (newest(short) / "state.index").write_bytes(b"x")
    found = start_among(tmp_path, epochs=4, **EVEN)
    said = capsys.readouterr()
    assert goes_on(said.out, 2, 8, short, "after epoch 1")
    assert f"warning: {newest(short)}: damaged checkpoint (" in said.err
    assert steps_saved(short) == [2, 4]
    assert_as_from_scratch(scratch, found, epochs=4)


def test_where_all_checkpoints_of_the_others_are_damaged_it_starts_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Windows, "__call__", lambda _, window, __: {"generator_l1": tf.ones(len(window["input"]))})
    options = EVEN | {"watched": None, "loss": "l1"}
    _, short = start_among(tmp_path, epochs=1, **options)
    (newest(short) / "state.index").write_bytes(b"x")
    start_among(tmp_path, epochs=2, **options)
    assert "\nstarting at step 0 of 4 of fingerprint " in capsys.readouterr().out
