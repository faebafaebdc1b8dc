"""A run that is killed ends with the same bytes as one that is not.

The trainings here are real stage scripts in processes of their own, killed by SIGKILL. The usual form is tiny and
kills at each place once; with `--full` (`make crash`) pictures, networks and data are those of `make demo`, and there
are twice as many kills.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from clone import Clone, copy_code, fresh
from forked import Forks
from victim import AT_THE_END, DURING, ONCE

from pix2pix.base.files import sha256, sha256_of

pytestmark = pytest.mark.slow

VICTIM = Path(__file__).resolve().with_name("victim.py")
# Five pairs, four epochs; a checkpoint after every step, by the clock, and one that is kept after each epoch.
QUICK = {
    "data.sample_train": 5,
    "segmenter.epochs": 12,
    "segmenter.batch_size": 5,
    "segmenter.checkpoint_minutes": 1e-6,
    "train.epochs": 4,
    "train.checkpoint_epochs": 1,
    "train.checkpoint_minutes": 1e-6,
    "evaluate.repeats": 1,
}
# `make demo`, saving every few steps.
DEMO = {
    "data.dataset": "sample",
    "segmenter.epochs": 4,
    "segmenter.checkpoint_minutes": 0.05,
    "train.epochs": 2,
    "train.checkpoint_epochs": 1,
    "train.checkpoint_minutes": 0.05,
    "train.log_every": 16,
    "tracking.log_model": False,
}
# Twelve epochs of one step of the segmenter: after the tenth and the last one the selection split is looked at.
SEGMENTER = [("state", 2), ("look", 9), ("after a look", 1), ("model", 1), ("end", 1)]
# The output that each stage writes last.
LAST = {
    "check": "code.json",
    "download": "data/raw",
    "prepare": "data/preview.png",
    "segmenter": "metrics/segmenter.json",
    "train": "metrics/train.json",
    "evaluate": "reports/back",
    "report": "reports/index.html",
}
OUTS = {
    "train": [
        *("models/generator", "models/back", "metrics/train.json", "metrics/evaluate.json", "reports/training"),
        *("reports/absent.json", "reports/scores.csv", "reports/images.csv", "reports/confusions", "reports/pictures"),
        "reports/back",
    ],
    "segmenter": ["models/segmenter", "metrics/segmenter.json", "reports/segmenter"],
}
BEGAN = re.compile(r"(?:starting at step |resuming at step |is finished \()([\d,]+)")


@dataclass
class Session:
    """One start of a stage: how it ended and what it said."""

    status: int
    said: str

    @property
    def began_at(self) -> int | None:
        """The step it went on from; None: it ended before it said so."""
        found = BEGAN.search(self.said)
        return int(found[1].replace(",", "")) if found else None


@dataclass
class Machine:
    """A clone whose stage scripts run in processes that can be killed."""

    clone: Clone
    forks: Forks
    home: Path
    store: Path

    def run(self, stage: str, point: str | None = None, number: int = 0, fine: bool = False) -> Session:
        """Run a stage, killed at a point or not at all; `fine`: it has to end well."""
        script, home = f"stages/{stage}.py", {"PIX2PIX_HOME": str(self.home)}
        if point in (None, "clock", "start"):
            pid = self.forks.start(script, **home)
            if point:
                self._kill_later(pid, number, after_a_save=point == "clock")
        else:
            self.forks.start(str(VICTIM), script, point, str(number), **home)
        status, out, err = self.forks.ended()
        session = Session(status, out + err)
        assert "Traceback" not in session.said, session.said
        assert not fine or session.status == 0, session.said
        return session

    def edited_meanwhile(self, stage: str, path: Path, text: str) -> Session:
        """Run a stage, and change a file once it has saved something."""
        there = self.checkpoints()
        self.forks.start(f"stages/{stage}.py", PIX2PIX_HOME=str(self.home))
        wait_until(lambda: self.checkpoints() != there)
        path.write_text(text, encoding="utf-8")
        status, out, err = self.forks.ended()
        return Session(status, out + err)

    def _kill_later(self, pid: int, number: int, after_a_save: bool) -> None:
        there = self.checkpoints()
        if after_a_save:
            wait_until(lambda: self.checkpoints() != there or not psutil.pid_exists(pid))
        time.sleep(random.Random(number).uniform(0, 0.1 if after_a_save else 3))
        with suppress(ProcessLookupError):  # the end that this is about has come by itself: `ended` tells
            os.kill(pid, signal.SIGKILL)

    def checkpoints(self) -> set[str]:
        """The names of those that are there now."""
        return {path.name for path in self.home.glob("checkpoints/*/step-*")}

    def forget(self, home: Path, stage: str = "train") -> None:
        """Go on with another home, which has an empty MLflow store only, without the outputs of a training."""
        self.home = home
        home.mkdir()
        shutil.copy(self.store, home / "mlflow.db")
        for out in OUTS[stage]:
            path = self.clone.path / out
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def wait_until(happened: Callable[[], Any], seconds: float = 300) -> None:
    """Wait for something that has to happen."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def results(clone: Clone) -> dict[str, str]:
    """The SHA-256 of every file of every output, less what tells how long training took: times, and the page."""
    timed = {"reports/training/times.json", "reports/segmenter/times.json", "reports/index.html"}
    return {name: sha256_of([content]) for name, content in clone.outputs().items() if name not in timed}


def last_state(home: Path) -> dict[str, str]:
    """Networks and optimisers as the checkpoint that was saved last holds them."""
    newest = max(home.glob("checkpoints/*/step-*"), key=lambda path: path.stat().st_mtime_ns)
    return {path.name: sha256(path) for path in newest.glob("state*")}


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, fresh_store: Path, request: pytest.FixtureRequest
) -> Iterator[Machine]:
    """A clone with pairs and a segmenter, nothing trained yet."""
    path = tmp_path_factory.mktemp("crash") / "clone"
    clone = fresh(path, *([DEMO, {}] if request.config.getoption("--full") else [QUICK]))
    with Forks(path, clone.environment()) as forks:
        machine = Machine(clone, forks, path.parent / "nowhere", fresh_store)
        for stage in ("check", "download", "prepare", "segmenter"):
            machine.run(stage, fine=True)
        yield machine
    shutil.rmtree(path.parent, ignore_errors=True)


@dataclass(frozen=True)
class Ending:
    """What is left after the training and at the end."""

    trained: dict[str, str]
    outputs: dict[str, str]
    state: dict[str, str]


@pytest.fixture(scope="module")
def straight(machine: Machine) -> Ending:
    """The run that nobody stops."""
    machine.forget(machine.clone.path.parent / "straight")
    machine.run("train", fine=True)
    trained = results(machine.clone)
    machine.run("evaluate", fine=True)
    return Ending(trained, results(machine.clone), last_state(machine.home))


def test_a_run_killed_anywhere_ends_with_the_same_bytes(
    machine: Machine, straight: Ending, request: pytest.FixtureRequest
) -> None:
    machine.forget(machine.clone.path.parent / "killed")
    sessions = []
    for point, number in [*(DURING if request.config.getoption("--full") else ONCE), *AT_THE_END]:
        sessions.append(machine.run("train", point, number))
        assert sessions[-1].status == -signal.SIGKILL, f"{point} {number}: {sessions[-1].said}"
        assert not (machine.clone.path / "metrics/train.json").exists()
    sessions.append(machine.run("train", fine=True))
    machine.run("evaluate", fine=True)
    kills, began = len(sessions) - 1, [session.began_at for session in sessions if session.began_at is not None]
    print(f"\n{kills} kills; sessions began at steps {began}")
    assert sum(step > 0 for step in began) > 0.7 * kills
    assert began == sorted(began)
    assert results(machine.clone) == straight.outputs
    assert last_state(machine.home) == straight.state


def test_the_segmenter_killed_anywhere_ends_with_the_same_bytes(
    machine: Machine, request: pytest.FixtureRequest
) -> None:
    """The segmenter that the other stages use is the one that nobody stops."""
    straight, state, home = results(machine.clone), last_state(machine.home.with_name("nowhere")), machine.home
    machine.forget(machine.clone.path.parent / "segmenter killed", "segmenter")
    full = request.config.getoption("--full")
    sessions = [
        machine.run("segmenter", point, number) for point, number in ([*DURING, *AT_THE_END] if full else SEGMENTER)
    ]
    assert {session.status for session in sessions} == {-signal.SIGKILL}
    assert not (machine.clone.path / "metrics/segmenter.json").exists()
    sessions.append(machine.run("segmenter", fine=True))
    kills, began = len(sessions) - 1, [session.began_at for session in sessions if session.began_at is not None]
    print(f"\n{kills} kills of the segmenter; sessions began at steps {began}")
    assert sum(step > 0 for step in began) >= kills / 2
    assert began == sorted(began)
    assert results(machine.clone) == straight
    assert last_state(machine.home) == state
    machine.home = home


@pytest.mark.parametrize("stage", LAST)
def test_a_stage_killed_around_its_last_write_is_done_again(machine: Machine, straight: Ending, stage: str) -> None:
    """Before: all outputs but the last are whole. After: everything is there, so the write was the last one."""
    machine.home = machine.clone.path.parent / (
        "nowhere" if stage == "segmenter" else "straight"
    )  # where it is trained
    before = results(machine.clone)
    assert before == straight.outputs
    last = machine.clone.path / LAST[stage]
    shutil.rmtree(last) if last.is_dir() else last.unlink(missing_ok=True)
    there = results(machine.clone)
    for moment, expected in (("before", there), ("after", before)):
        session = machine.run(stage, f"{moment} {LAST[stage]}")
        assert session.status == -signal.SIGKILL, session.said
        assert results(machine.clone) == expected
        assert last.exists() == (moment == "after")
    machine.run(stage, fine=True)
    assert results(machine.clone) == before


# ---- nothing goes on from another run's checkpoint ----


def begins(machine: Machine) -> Session:
    """A training, killed when it has said where it begins, before its first step."""
    session = machine.run("train", "step", 1)
    assert session.status == -signal.SIGKILL
    return session


# What the tests of a stopped run edit, and what follows from it.
EDITED = ("params.yaml", "src/pix2pix/losses/reconstruction.py", "code.json", "data")


@pytest.fixture(scope="module")
def stopped_once(machine: Machine, straight: Ending) -> Path:
    """A folder with the home of a run that was killed in its third step, and with what is edited below."""
    del straight  # it comes first: its outputs are compared with those of other homes
    kept = machine.clone.path.parent / "kept"
    kept.mkdir()
    machine.forget(machine.clone.path.parent / "stopped")
    assert machine.run("train", "step", 3).status == -signal.SIGKILL
    machine.home.rename(kept / "home")
    for name in EDITED:
        copy(machine.clone.path / name, kept / name)
    return kept


@pytest.fixture
def stopped(machine: Machine, stopped_once: Path) -> Iterator[Machine]:
    """That run, at its place; afterwards parameters, code and pairs are again what they were."""
    home = machine.clone.path.parent / "stopped"
    machine.forget(home)
    copy(stopped_once / "home", home)
    yield machine
    for name in EDITED:
        copy(stopped_once / name, machine.clone.path / name)
    shutil.rmtree(home)


def copy(source: Path, target: Path) -> None:
    """Put a copy of a file or a folder in the place of what is there."""
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def test_parameters_edited_meanwhile_are_refused_at_the_end(stopped: Machine, straight: Ending) -> None:
    """DVC looks at them when the stage has ended: it would take the old result for the new parameters'."""
    params = stopped.clone.path / "params.yaml"
    text = params.read_text(encoding="utf-8")
    done = stopped.edited_meanwhile("train", params, text.replace("lambda_l1: 100", "lambda_l1: 10"))
    assert done.status == 1
    assert "error: edited while this stage ran: model in params.yaml. " in done.said
    params.write_text(text, encoding="utf-8")
    again = stopped.run("train", fine=True)
    assert "so its result is used again" in again.said
    assert results(stopped.clone) == straight.trained


def test_code_edited_meanwhile_is_refused_at_the_end(stopped: Machine) -> None:
    code = stopped.clone.path / "src/pix2pix/losses/reconstruction.py"
    done = stopped.edited_meanwhile("train", code, code.read_text(encoding="utf-8") + "CHANGED = True\n")
    assert done.status == 1
    assert "error: edited while this stage ran: src/pix2pix/losses/reconstruction.py. " in done.said


def test_the_same_goes_on(stopped: Machine) -> None:
    session = begins(stopped)
    assert session.began_at and session.began_at > 0
    assert "because a checkpoint of the same parameters, data and code was saved after" in session.said


def test_other_parameters_start_anew_and_the_first_ones_go_on(stopped: Machine) -> None:
    params = stopped.clone.path / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("lambda_l1: 100", "lambda_l1: 10"), encoding="utf-8")
    session = begins(stopped)
    assert session.began_at == 0
    nearest = r"a new run: the most similar one here, [0-9a-f]{16}, has model.lambda_l1 100.0 \(here 10.0\)\n"
    assert re.search(nearest, session.said)
    params.write_text(text, encoding="utf-8")
    again = begins(stopped)
    assert again.began_at and again.began_at > 0


def test_other_pairs_start_anew(stopped: Machine) -> None:
    params = stopped.clone.path / "params.yaml"
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("sample_seed: 0", "sample_seed: 1"), encoding="utf-8")
    stopped.run("download", fine=True)
    stopped.run("prepare", fine=True)
    session = begins(stopped)
    assert session.began_at == 0
    assert "has other records" in session.said


def test_other_code_starts_anew(stopped: Machine) -> None:
    code = stopped.clone.path / "src/pix2pix/losses/reconstruction.py"
    code.write_text(code.read_text(encoding="utf-8") + "CHANGED = True\n", encoding="utf-8")
    refused = stopped.run("train")
    line = (
        "error: src/pix2pix/losses/reconstruction.py: edited since code.json was written; run `dvc repro check` first"
    )
    assert (refused.status, refused.said) == (1, f"{line}\n")
    stopped.run("check", fine=True)
    session = begins(stopped)
    assert session.began_at == 0
    assert "has other training code" in session.said


def test_a_damaged_checkpoint_is_told_and_the_one_before_goes_on(stopped: Machine, straight: Ending) -> None:
    before, newest = sorted(stopped.home.glob("checkpoints/*/step-*"))[-2:]
    state = newest / "state.data-00000-of-00001"
    content = bytearray(state.read_bytes())
    content[len(content) // 2] ^= 1
    state.write_bytes(content)
    session = stopped.run("train", fine=True)
    assert f"warning: {newest}: damaged checkpoint (state.data-00000-of-00001 has changed" in session.said
    assert session.began_at == int(before.name.split("-")[1])
    assert results(stopped.clone) == straight.trained


# ---- through DVC ----


@pytest.fixture
def forking(pipeline: Clone) -> Clone:
    """The same clone; its stages are forks, which is faster where no process is killed."""
    return replace(pipeline, forks=True)


def dvc(clone: Clone, *words: str) -> subprocess.Popen[str]:
    """A DVC command in a group of its own, as a terminal starts it."""
    log = (clone.path.parent / f"dvc-{time.monotonic_ns()}.log").open("w+")
    return subprocess.Popen(
        ["dvc", *words], cwd=clone.path, env=clone.environment(), stdout=log, stderr=log, text=True,
        start_new_session=True,
    )  # fmt: skip


def said(clone: Clone) -> list[str]:
    """What each of the DVC commands printed, in the order of their start."""
    logs = sorted(clone.path.parent.glob("dvc-*.log"))
    return [log.read_text(errors="replace") for log in logs]


def trainer(clone: Clone) -> int:
    """The process that trains: the newest one, for the segmenter's training has a folder of its own."""
    told = max(clone.path.glob("checkpoints/*/trainer.json"), key=lambda path: path.stat().st_mtime_ns)
    return int(json.loads(told.read_text())["process"])


def saved(clone: Clone) -> list[Path]:
    return list(clone.path.glob("checkpoints/*/step-*"))


@pytest.fixture(scope="module")
def pipeline(machine: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone of the same parameters for DVC, all but the training done."""
    clone = Clone(tmp_path_factory.mktemp("dvc") / "clone", forks=False)
    copy_code(clone.path)
    shutil.copy(machine.clone.path / "params.yaml", clone.path / "params.yaml")
    shutil.copy(machine.store, clone.path / "mlflow.db")
    # The segmenter's training is finished there.
    shutil.copytree(machine.home.with_name("nowhere") / "checkpoints", clone.path / "checkpoints")
    for words in (["init", "-q"], ["config", "user.name", "T"], ["config", "user.email", "t@example.com"]):
        clone.run("git", *words)
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "code")
    replace(clone, forks=True).run("dvc", "repro", "segmenter")
    yield clone
    shutil.rmtree(clone.path.parent, ignore_errors=True)


def test_dvc_killed_with_all_it_started_goes_on(pipeline: Clone) -> None:
    before = saved(pipeline)
    running = dvc(pipeline, "repro", "train")
    wait_until(lambda: saved(pipeline) != before)
    os.killpg(running.pid, signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert not (pipeline.path / "models/generator").exists()


def test_dvc_killed_alone_leaves_no_trainer(pipeline: Clone) -> None:
    before = saved(pipeline)
    running = dvc(pipeline, "repro", "train")
    wait_until(lambda: saved(pipeline) != before)
    process = psutil.Process(trainer(pipeline))
    running.kill()
    running.wait()
    process.wait(timeout=60)
    assert re.search(r"stopped by SIGTERM at step [\d,]+ of", said(pipeline)[-1])


def test_two_repros_at_once_do_not_disturb_each_other(forking: Clone) -> None:
    first, second = dvc(forking, "repro", "train"), dvc(forking, "repro", "train")
    statuses = {first.wait(timeout=1800), second.wait(timeout=1800)}
    assert 0 in statuses
    assert not any("Traceback" in log for log in said(forking))


def test_the_end_has_the_bytes_of_the_run_nobody_stopped(forking: Clone, straight: Ending) -> None:
    forking.run("dvc", "repro")
    began = [int(found[1].replace(",", "")) for log in said(forking) if (found := BEGAN.search(log))]
    assert began[0] == 0 and all(step > 0 for step in began[1:]) and len(began) >= 3
    assert results(forking) == straight.outputs
    assert last_state(forking.path) == straight.state
    assert "up to date" in forking.run("dvc", "repro").stdout


def test_mlflow_has_one_finished_run_and_each_step_once(pipeline: Clone) -> None:
    (run,) = pipeline.trainings()
    assert run.info.status == "FINISHED"
    rows = pipeline.table("reports/training/losses.csv")
    logged = pipeline.mlflow().get_metric_history(run.info.run_id, "generator_l1")
    assert [point.step for point in logged] == [int(row["step"]) for row in rows]


def test_forced_again_the_result_is_used_again(forking: Clone, straight: Ending) -> None:
    done = forking.run("dvc", "repro", "--force", "--single-item", "train")
    assert "so its result is used again; to train it anew, remove it with `pix2pix clean " in done.stdout
    assert results(forking) == straight.outputs


def test_two_experiments_at_once(forking: Clone) -> None:
    forking.run("git", "add", "--all")
    forking.run("git", "commit", "--quiet", "--message", "a run")
    change = ["exp", "run", "--temp", "train", "-S", "train.epochs=1", "-S"]
    running = [dvc(forking, *change, f"model.lambda_l1={value}") for value in (7, 8)]
    assert [process.wait(timeout=1800) for process in running] == [0, 0]
    lambdas = [run.data.params["model.lambda_l1"] for run in forking.trainings()]
    assert sorted(lambdas) == ["100.0", "7.0", "8.0"]
    assert {run.info.status for run in forking.trainings()} == {"FINISHED"}


def test_two_experiments_of_one_fingerprint_at_once(forking: Clone) -> None:
    """The second waits; then it finds the first one's result, or gives up by name. Nothing is trained twice."""
    running = [dvc(forking, "exp", "run", "--temp", "train", "-S", "model.lambda_l1=9") for _ in range(2)]
    statuses = [process.wait(timeout=1800) for process in running]
    assert 0 in statuses
    for status, log in zip(statuses, said(forking)[-2:], strict=True):
        assert "Traceback" not in log
        assert status == 0 or re.search(r"error: .*process \d+ on .* is training this run", log)
    assert [log.count("starting at step 0 ") for log in sorted(said(forking)[-2:])].count(1) == 1
    assert any("is training this run" in log for log in said(forking)[-2:])
    assert [run.data.params["model.lambda_l1"] for run in forking.trainings()].count("9.0") == 1
