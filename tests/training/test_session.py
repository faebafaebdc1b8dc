import re
import signal
from functools import partial

import pytest
import tensorflow as tf
from toy_training import (
    ALWAYS,
    Killed,
    Run,
    Teller,
    asks_at,
    assert_same_run,
    kill_in,
    newest,
    start,
    steps_saved,
    stopped_after_every_step,
)

from pix2pix.base import hardware
from pix2pix.base.errors import StoppedError, TrainingError
from pix2pix.training import checkpoint, session
from pix2pix.training.looks import PairedLook
from pix2pix.training.windows import Windows


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """A run of little networks from the first step to the last."""
    run = Run(tmp_path_factory.mktemp("little"))
    run.trained = start(run.folder, run)
    return run


# Before the first row; at a row; at an epoch's end; the first step of an epoch, its row in the
# midst of an epoch; at the end of an epoch that is kept anyway; one before the last.
@pytest.mark.parametrize(("step", "epoch"), [(1, 1), (2, 1), (3, 1), (4, 2), (6, 2), (8, 3)])
def test_a_run_stopped_at_any_step_goes_on_as_if_it_had_not(straight, tmp_path, step, epoch, capsys):
    before = Run(tmp_path)
    number = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[step % 3]
    with pytest.raises(StoppedError) as caught:
        start(tmp_path, before, stop=asks_at(step, number))
    assert str(caught.value) == (
        f"stopped by {number.name} at step {step} of 9 (epoch {epoch} of 3), which is saved; "
        "`dvc repro` resumes from there"
    )
    assert caught.value.exit_status == 128 + number
    assert steps_saved(tmp_path) == ([6, 8] if step == 8 else [step])
    assert newest(tmp_path).name.endswith("-epoch-0002") == (step == 6)
    assert before.losses == [row for row in straight.losses if row["step"] <= step]
    assert capsys.readouterr().out == (
        f"starting at step 0 of 9 of fingerprint {tmp_path.name}, because it has no checkpoint\n"
    )
    after = Run(tmp_path)
    resumed = start(tmp_path, after)
    assert_same_run(straight.folder, tmp_path, straight.trained, resumed)
    # The second session tells all from the beginning, each row once.
    assert after.losses == straight.losses and after.validation == straight.validation
    assert after.drawn == straight.drawn
    occasion = "after epoch 2" if step == 6 else f"on {number.name}"
    assert re.fullmatch(
        rf"resuming at step {step} of 9 of fingerprint {tmp_path.name}, because a checkpoint of the same parameters, "
        rf"data and code was saved {occasion}, [-0-9]+ [:0-9]+[-+][:0-9]+\n",
        capsys.readouterr().out,
    )


def test_a_stopped_run_in_bfloat16_goes_on_as_if_it_had_not(tmp_path):
    straight = start(tmp_path / "straight", precision="bfloat16")
    with pytest.raises(StoppedError, match="at step 4 of 9"):
        start(tmp_path / "stopped", stop=asks_at(4), precision="bfloat16")
    resumed = start(tmp_path / "stopped", precision="bfloat16")
    assert_same_run(tmp_path / "straight", tmp_path / "stopped", straight, resumed)


@pytest.mark.slow
def test_a_run_stopped_after_every_step_goes_on_as_if_it_had_not(straight, tmp_path):
    trained = stopped_after_every_step(partial(start, tmp_path, keep_checkpoints=1), 9)
    assert_same_run(straight.folder, tmp_path, straight.trained, trained)


@pytest.mark.slow
def test_a_run_killed_in_the_midst_of_steps_goes_on_as_if_it_had_not(straight, tmp_path, monkeypatch, capsys):
    """With a checkpoint after every step; the step that was being done is done again."""
    kill_in(monkeypatch, 2, 5, 9)
    for begun in (0, 1, 4):
        with pytest.raises(Killed):
            start(tmp_path, **ALWAYS)
        assert f" at step {begun} of 9 " in capsys.readouterr().out
    assert newest(tmp_path).name == "step-00000008"
    assert_same_run(straight.folder, tmp_path, straight.trained, start(tmp_path, **ALWAYS))
    told = capsys.readouterr().out
    assert "resuming at step 8 of 9" in told and re.search(r"was saved after \S+ minutes, ", told)


def test_who_asks_to_stop_at_the_last_step_gets_the_whole_run(straight, tmp_path):
    trained = start(tmp_path, stop=asks_at(9))
    assert_same_run(straight.folder, tmp_path, straight.trained, trained)


def test_who_asks_before_the_first_step_waits_for_none(tmp_path):
    with pytest.raises(StoppedError, match="stopped by SIGTERM before the first step"):
        start(tmp_path, stop=asks_at(0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", ["newest", "both"])
def test_a_run_with_damaged_checkpoints(straight, tmp_path, bad, capsys):
    """The one before serves as well: what was done since is done again."""
    with pytest.raises(StoppedError):
        start(tmp_path, stop=asks_at(5), **ALWAYS)
    assert steps_saved(tmp_path) == [4, 5]
    for path in sorted(tmp_path.glob("step-*"), reverse=True)[: 1 if bad == "newest" else 2]:
        (path / "state.index").write_bytes(b"x")
    if bad == "newest":
        assert_same_run(straight.folder, tmp_path, straight.trained, start(tmp_path))
        assert "resuming at step 4 of 9" in capsys.readouterr().out
    else:
        with pytest.raises(TrainingError, match=f"`pix2pix clean {tmp_path.name}`"):
            start(tmp_path)


# ---- the clock; nothing is learned ----


class Clock:
    """A clock of the test's, which what is wrapped moves on."""

    def __init__(self, monkeypatch):
        self.now, self._patch = 0.0, monkeypatch
        monkeypatch.setattr(session.time, "perf_counter", lambda: self.now)

    def lasts(self, seconds, owner, name):
        original = getattr(owner, name)

        def action(*words, **named):
            self.now += seconds
            return original(*words, **named)

        self._patch.setattr(owner, name, action)


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(Windows, "__call__", lambda _, window, __: {"generator_l1": tf.ones(len(window["input"]))})
    return Clock(monkeypatch)


def test_time_runs_while_training_only(clock, tmp_path):
    """A second for each step, a hundred for each validation, drawing and save."""
    clock.lasts(1, Windows, "__call__")
    for owner, name in ((PairedLook, "validation"), (PairedLook, "sample"), (checkpoint, "save")):
        clock.lasts(100, owner, name)
    with pytest.raises(StoppedError):
        start(tmp_path, stop=asks_at(5), loss="l1")
    assert start(tmp_path, loss="l1").progress.seconds == 9


@pytest.mark.usefixtures("clock")
def test_checkpoints_every_so_many_epochs_and_after_the_last(tmp_path):
    found = {}

    def look(row):
        if "validation_l1" in row:
            found[row["epoch"]] = [path.name for path in sorted(tmp_path.glob("step-*"))]

    start(tmp_path, Teller(look), loss="l1", epochs=5, batch_size=5, keep_checkpoints=1)
    two, four, five = (f"step-{epoch:08d}-epoch-{epoch:04d}" for epoch in (2, 4, 5))
    assert found == {1: [], 2: [], 3: [two], 4: [two], 5: [two, four]}
    assert [path.name for path in sorted(tmp_path.glob("step-*"))] == [four, five]


def test_checkpoints_every_so_many_minutes(clock, tmp_path, monkeypatch):
    """Two minutes a step. A save of another occasion counts too."""
    clock.lasts(120, Windows, "__call__")
    saved, save = [], checkpoint.save

    def noted(folder, parts, progress, why, epoch):
        saved.append((progress.step, why, epoch))
        save(folder, parts, progress, why, epoch)

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


# ---- the machine ----


@pytest.mark.usefixtures("clock")
def test_a_run_that_goes_on_under_another_setting_is_no_longer_exact(tmp_path, monkeypatch, capsys):
    """Once lost, it does not come back: neither in the same setting, nor in the first one."""
    usual = hardware.setting()
    monkeypatch.setattr(hardware, "setting", lambda: usual | {"numpy": "0.1"})
    with pytest.raises(StoppedError):
        start(tmp_path, stop=asks_at(2), loss="l1")
    for setting, told in (({}, True), ({}, False), ({"numpy": "0.1"}, True)):
        monkeypatch.setattr(hardware, "setting", lambda now=usual | setting: now)
        with pytest.raises(StoppedError):
            start(tmp_path, stop=asks_at(1), loss="l1")
        assert ("warning: numpy was " in capsys.readouterr().err) == told
    assert start(tmp_path, loss="l1").progress.exact is False


@pytest.mark.usefixtures("clock")
def test_a_finished_run_stays_exact_wherever_it_is_used_again(tmp_path, monkeypatch, capsys):
    assert start(tmp_path, loss="l1").progress.exact is True
    monkeypatch.setattr(hardware, "setting", lambda: {"device": "another"})
    assert start(tmp_path, loss="l1").progress.exact is True
    assert "warning" not in capsys.readouterr().err
