"""MLflow runs, read back through MLflow's own client; processes that die; and a tracking store that fails."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import psutil
import pytest
import requests
from conftest import CHECKOUT, FORGOTTEN, settings
from mlflow.tracking import MlflowClient
from PIL import Image
from sqlalchemy import Engine, event
from tiny import ABOUT, save_generator
from tracked import training_run

from pix2pix.base.errors import DataError, StoppedError, UserError
from pix2pix.models.translator import Translator
from pix2pix.networks import folder as model_folder
from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.unet import generator
from pix2pix.params import names
from pix2pix.tracking import champion, provenance
from pix2pix.tracking.model import fetch_generator
from pix2pix.tracking.results import judged, summarise
from pix2pix.tracking.runs import ablation_run, evaluation_run, search_run
from pix2pix.tracking.store import tracking_uri

PARAMS = settings()
ONE, OTHER = "1" * 16, "2" * 16


@pytest.fixture(autouse=True)
def home(home_with_store):
    return home_with_store


def store(home):
    return MlflowClient(f"sqlite:///{home / 'mlflow.db'}")


def all_runs(home):
    client = store(home)
    return list(client.search_runs([experiment.experiment_id for experiment in client.search_experiments()]))


def tell(run, rows, key):
    """What the training loop does whenever it starts: every row from the first one."""
    for row in rows:
        run.metrics(row, row[key])


def history(home, run, name):
    """All that was ever logged; what is logged twice is in it twice."""
    return sorted((point.step, point.value) for point in store(home).get_metric_history(run, name))


def until(reached, seconds=120):
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)


# ---- one run a training ----


def test_a_training_is_found_again_by_its_fingerprint(home):
    ids = []
    for fingerprint in (ONE, OTHER, ONE):
        with training_run(PARAMS, fingerprint) as run:
            ids.append(run.id)
    assert ids[0] == ids[2] != ids[1]
    assert {run.info.run_id: run.data.tags["fingerprint"] for run in all_runs(home)} == {ids[0]: ONE, ids[1]: OTHER}


def test_a_training_says_what_decides_it_and_only_that(home):
    with training_run(PARAMS, ONE):
        pass
    (run,) = all_runs(home)
    assert run.data.params["model.lambda_l1"] == "100.0"
    assert run.data.params["train.buffer_size"] == "400"
    assert run.data.params["seed"] == "42"
    assert run.data.params["data.palette"] == "cmp"
    sections = {path.partition(".")[0] for path in run.data.params}
    assert sections == {"seed", "data", "model", "train"}
    assert run.data.params["train.decay_epochs"] == "0"  # a neutral value is shown too
    assert not {"train.checkpoint_epochs", "data.url", "data.path"} & run.data.params.keys()


@pytest.mark.parametrize(("loss", "expected"), [("gan+l1", "gan+l1 λ=10"), ("cgan", "cgan"), ("l1", "l1")])
def test_a_training_is_called_by_what_it_minimises(home, loss, expected):
    with training_run(settings({"model.loss": loss, "model.lambda_l1": 10.0}), ONE):
        pass
    assert all_runs(home)[0].info.run_name == f"sample {expected} {ONE[:6]}"


def test_it_is_found_again_with_other_logging(home, capsys):
    """MLflow refuses to change a parameter; those that a fingerprint leaves out are not on the run."""
    for changes in ({}, {"train.checkpoint_epochs": 2, "data.path": "data/own"}):
        with training_run(settings(changes), ONE) as run:
            run.metrics({"loss": 1.0}, 1)
    assert len(all_runs(home)) == 1
    assert capsys.readouterr().err == ""


def test_a_parameter_stays_what_it_was(home, capsys):
    with training_run(PARAMS, ONE) as run:
        run.params({"one": 1})
        run.params({"one": 2, "two": 2})
    (found,) = all_runs(home)
    assert (found.data.params["one"], found.data.params["two"]) == ("1", "2")
    assert capsys.readouterr().err == ""


def test_what_is_logged_is_not_logged_again_after_an_interruption(home):
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 3.0}, 4)
        run.metrics({"loss": 2.0, "l1": 0.5}, 8)
    with training_run(PARAMS, ONE) as run:
        for step, loss in ((4, 3.0), (8, 2.0), (12, 1.0)):
            run.metrics({"loss": loss, "l1": 0.5}, step)
        run.metrics({"new": 7.0}, 4)
    assert history(home, run.id, "loss") == [(4, 3.0), (8, 2.0), (12, 1.0)]
    assert history(home, run.id, "l1") == [(4, 0.5), (8, 0.5), (12, 0.5)]
    assert history(home, run.id, "new") == [(4, 7.0)]


ROWS = [{"epoch": step // 10, "step": step} | dict.fromkeys("abcdef", step / 7) for step in range(60)]


@pytest.fixture
def calls(monkeypatch):
    """How often the store is asked what it has, and told something."""
    counts = {"get_metric_history": 0, "log_batch": 0}

    def counted(name):
        whole = getattr(MlflowClient, name)

        def call(*args, **kwargs):
            counts[name] += 1
            return whole(*args, **kwargs)

        return call

    for name in counts:
        monkeypatch.setattr(MlflowClient, name, counted(name))
    return counts


def test_rows_told_again_cost_a_question_a_figure(home, calls):
    """Every start tells all rows of all sessions: what is there must not cost a call a row."""
    with training_run(PARAMS, ONE) as run:
        calls.update(get_metric_history=0, log_batch=0)
        tell(run, ROWS, "step")
        assert calls == {"get_metric_history": 6, "log_batch": 60}
    with training_run(PARAMS, ONE) as run:
        calls.update(get_metric_history=0, log_batch=0)
        tell(run, ROWS, "step")
        assert calls == {"get_metric_history": 6, "log_batch": 0}
        tell(run, ROWS, "step")
        assert calls == {"get_metric_history": 6, "log_batch": 0}
        run.metrics({"a": 1.0}, 60)
        assert calls == {"get_metric_history": 6, "log_batch": 1}
    assert history(home, run.id, "a") == [(row["step"], row["a"]) for row in ROWS] + [(60, 1.0)]
    (found,) = all_runs(home)
    assert found.data.metrics.keys() == set("abcdef")


def test_rows_that_are_missing_are_filled_in_wherever_they_are(home):
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 4.0, "l1": 0.5}, 4)
        run.metrics({"loss": 1.0}, 16)
    rows = [{"epoch": 1, "step": step, "loss": loss, "l1": 0.5} for step, loss in ((4, 4.0), (8, 3.0), (16, 1.0))]
    with training_run(PARAMS, ONE) as run:
        tell(run, rows, "step")
    assert history(home, run.id, "loss") == [(4, 4.0), (8, 3.0), (16, 1.0)]
    assert history(home, run.id, "l1") == [(4, 0.5), (8, 0.5), (16, 0.5)]


def test_a_row_may_count_in_epochs(home):
    with training_run(PARAMS, ONE) as run:
        tell(run, [{"epoch": 1, "validation_l1": 0.5}, {"epoch": 2, "validation_l1": 0.25}], "epoch")
        tell(run, [], "epoch")
    assert history(home, run.id, "validation_l1") == [(1, 0.5), (2, 0.25)]


def test_a_step_that_arrived_though_its_call_failed_is_not_logged_twice(home, monkeypatch):
    """A server that is slow takes the figures, and the answer comes too late."""
    whole = MlflowClient.log_batch

    def slow(*args, **kwargs):
        whole(*args, **kwargs)
        raise TimeoutError

    monkeypatch.setattr("pix2pix.tracking.run.QUIET_SECONDS", 0)
    with training_run(PARAMS, ONE) as run:
        monkeypatch.setattr(MlflowClient, "log_batch", slow)
        run.metrics({"loss": 2.0}, 1)
        time.sleep(0.01)
        monkeypatch.setattr(MlflowClient, "log_batch", whole)
        run.metrics({"loss": 2.0}, 1)
        run.metrics({"loss": 1.0}, 2)
    assert history(home, run.id, "loss") == [(1, 2.0), (2, 1.0)]


def test_the_run_its_checkpoint_knows_goes_on(home):
    ids = [store(home).create_run(experiment(home), tags=TRAINING).info.run_id for _ in range(3)]
    for id_ in ids:
        with training_run(PARAMS, ONE, known=id_) as run:
            assert run.id == id_
    with training_run(PARAMS, ONE) as run:
        assert run.id == ids[0]


@pytest.mark.parametrize("wrong", ["absent", "deleted", "fingerprint", "kind", "experiment"])
def test_a_known_run_that_cannot_be_it_is_not_taken(home, wrong):
    """What the checkpoint folder says may be of another store, or of an experiment that was renamed since."""
    client = store(home)
    tags = TRAINING | {"fingerprint": {"fingerprint": OTHER}, "kind": {"kind": "evaluation"}}.get(wrong, {})
    place = "0" if wrong == "experiment" else experiment(home)
    known = "f" * 32 if wrong == "absent" else client.create_run(place, tags=tags).info.run_id
    if wrong == "deleted":
        client.delete_run(known)
    with training_run(PARAMS, ONE, known=known) as made:
        assert made.id not in (None, known)
    with training_run(PARAMS, ONE, known=known) as run:
        assert run.id == made.id


def test_scores_are_logged_once_unless_they_change(home):
    for score in (0.25, 0.25, 0.5):
        with training_run(PARAMS, ONE) as run:
            run.scores({"ssim": score}, 0)
            run.scores({"ssim": score}, 0)
    assert [value for _, value in history(home, run.id, "ssim")] == [0.25, 0.5]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "FINISHED"),
        (UserError("the disk is full"), "FAILED"),
        (ZeroDivisionError(), "FAILED"),
        (SystemExit(1), "FAILED"),
        (FloatingPointError("a loss is NaN"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (StoppedError("stopped", signal.SIGTERM), "KILLED"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", ["training", "evaluation"])
def test_a_run_ends_as_its_block_does(home, kind, error, status):
    opening = {"training": training_run, "evaluation": evaluation_run}[kind]
    during = []

    def block():
        with opening(PARAMS, ONE):
            during.extend(run.info.status for run in all_runs(home))
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            block()
    else:
        block()
    assert during == ["RUNNING"]
    assert [run.info.status for run in all_runs(home)] == [status]


def test_a_run_that_failed_goes_on_and_finishes(home):
    with pytest.raises(UserError), training_run(PARAMS, ONE):
        raise UserError("no")
    with training_run(PARAMS, ONE):
        assert [run.info.status for run in all_runs(home)] == ["RUNNING"]
    assert [run.info.status for run in all_runs(home)] == ["FINISHED"]


# ---- processes that die ----

TRAINING = {"fingerprint": ONE, "kind": "training"}
KILLED = """
import sys, time
from conftest import settings
from pix2pix.tracking.runs import evaluation_run
from tracked import training_run
with training_run(settings(), sys.argv[1]) as run, evaluation_run(settings(), sys.argv[1]) as (evaluation, _):
    run.metrics({"loss": 3.0}, 1)
    print(run.id, evaluation.id, flush=True)
    time.sleep(600)
"""


def experiment(home):
    """The id of the tests' experiment."""
    client = store(home)
    found = client.get_experiment_by_name(names.experiment(PARAMS))
    return found.experiment_id if found else client.create_experiment(names.experiment(PARAMS))


def running(home, process, **tags):
    """A run that is RUNNING, as the process of that tag would have left it."""
    tags |= {} if process is None else {"process": process}
    return store(home).create_run(experiment(home), tags=tags).info.run_id


def told(process):
    """The tag of a process, made here and not by the code under test."""
    return f"{socket.gethostname()}/{process.pid}/{psutil.Process(process.pid).create_time():.2f}"


@pytest.fixture
def process():
    """A process of this host that lives."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def killed_once(tmp_path_factory, fresh_store):
    """A home, and the ids of a training's and an evaluation's run in its store, whose process was killed."""
    home = tmp_path_factory.mktemp("killed")
    shutil.copy(fresh_store, home / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        for name in FORGOTTEN:
            patch.delenv(name, raising=False)
        process = code(KILLED, ONE, PYTHONPATH=PATHS, PIX2PIX_HOME=str(home))
    ids = process.stdout.readline().split()
    process.kill()
    process.communicate()
    return home, ids


@pytest.fixture
def killed(home, killed_once):
    """These ids; the store is copied."""
    there, ids = killed_once
    for path in there.glob("mlflow.db*"):
        shutil.copy(path, home)
    assert [store(home).get_run(id_).info.status for id_ in ids] == ["RUNNING", "RUNNING"], "or nothing is to mend"
    return ids


@pytest.mark.slow
@pytest.mark.parametrize("opening", [training_run, evaluation_run])
def test_runs_whose_process_was_killed_are_ended_by_the_next_start(home, killed, opening):
    with opening(PARAMS, OTHER):
        found = [store(home).get_run(id_) for id_ in killed]
        assert [run.info.status for run in found] == ["KILLED", "KILLED"]
        assert {run.data.tags["ended_by"] for run in found} == {"found dead at the next start"}
        (last,) = store(home).get_metric_history(killed[0], "loss")
        assert found[0].info.end_time == last.timestamp
        assert sorted(run.info.status for run in all_runs(home)) == ["KILLED", "KILLED", "RUNNING"]


@pytest.mark.slow
def test_a_training_whose_process_was_killed_goes_on_in_its_run(home, killed):
    trained, evaluated = killed
    with training_run(PARAMS, ONE) as run:
        assert run.id == trained
        found = store(home).get_run(trained)
        assert found.info.status == "RUNNING"
        assert found.data.tags["process"] == told(psutil.Process())
        assert "ended_by" not in found.data.tags
        assert store(home).get_run(evaluated).info.status == "KILLED"
        tell(run, [{"step": 1, "loss": 3.0}, {"step": 2, "loss": 2.0}], "step")
    assert store(home).get_run(trained).info.status == "FINISHED"
    points = store(home).get_metric_history(trained, "loss")
    assert [(point.step, point.value) for point in points] == [(1, 3.0), (2, 2.0)]
    assert store(home).get_run(trained).info.end_time >= points[-1].timestamp, "not the end it had when found dead"


def test_a_process_that_nobody_waited_for_is_dead(home, process):
    left = running(home, told(process))
    process.kill()
    until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    with training_run(PARAMS, ONE):
        assert store(home).get_run(left).info.status == "KILLED"


def test_a_number_that_another_process_has_got_does_not_keep_a_run_alive(home, process):
    host, pid, created = told(process).split("/")
    left = running(home, f"{host}/{pid}/{float(created) - 60:.2f}")
    with training_run(PARAMS, ONE):
        found = store(home).get_run(left)
        assert found.info.status == "KILLED"
        assert found.info.end_time == found.info.start_time, "it never said that it lived longer"


@pytest.mark.parametrize("kind", ["training", "evaluation"])
def test_what_lives_or_cannot_be_told_is_left_alone(home, process, kind):
    _, pid, created = told(process).split("/")
    tags = [told(process), f"elsewhere/{pid}/1.00", "elsewhere/999999999/1.00", None, "", "me", "a/b/c"]
    others = [running(home, tag) for tag in tags]
    ended = running(home, f"{socket.gethostname()}/{pid}/{float(created) - 60:.2f}")
    store(home).set_terminated(ended, "FAILED")
    with {"training": training_run, "evaluation": evaluation_run}[kind](PARAMS, ONE):
        found = {run.info.run_id: run for run in all_runs(home)}
        assert [found[id_].info.status for id_ in others] == ["RUNNING"] * len(others)
        assert found[ended].info.status == "FAILED"
        assert not [run for run in found.values() if "ended_by" in run.data.tags]


def test_two_trainings_at_once_leave_each_other_alone(home):
    with training_run(PARAMS, ONE), training_run(PARAMS, OTHER):
        assert [run.info.status for run in all_runs(home)] == ["RUNNING", "RUNNING"]
        assert {run.data.tags["process"] for run in all_runs(home)} == {told(psutil.Process())}


def test_a_dead_run_that_another_start_ended_goes_on_without_its_mark(home, process):
    host, pid, created = told(process).split("/")
    left = running(home, f"{host}/{pid}/{float(created) - 60:.2f}", **TRAINING)
    with training_run(PARAMS, OTHER):
        pass
    assert "ended_by" in store(home).get_run(left).data.tags
    with training_run(PARAMS, ONE) as run:
        assert run.id == left
        assert store(home).get_run(left).info.status == "RUNNING"
    found = store(home).get_run(left)
    assert found.info.status == "FINISHED"
    assert "ended_by" not in found.data.tags


# ---- artifacts ----


def test_artifacts_lie_under_the_home(home, tmp_path):
    (tmp_path / "losses.csv").write_text("step\n1\n")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/1.txt").write_text("one")
    picture = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    with training_run(PARAMS, ONE) as run:
        run.files(tmp_path / "losses.csv")
        run.files(tmp_path / "pictures", "all")
        run.picture(picture, "samples/0001.png")
    (found,) = all_runs(home)
    place = Path(found.info.artifact_uri.removeprefix("file://"))
    assert place.is_relative_to(home / "mlartifacts")
    assert (place / "losses.csv").read_text() == "step\n1\n"
    assert (place / "all/1.txt").read_text() == "one"
    with Image.open(place / "samples/0001.png") as logged:
        assert np.array_equal(np.asarray(logged), picture)


# ---- evaluations ----


def test_an_evaluation_is_a_new_run_nested_in_its_training(home):
    with training_run(PARAMS, ONE) as trained:
        pass
    ids = []
    for seed in (0, 1):
        with evaluation_run(settings({"evaluate.seed": seed}), ONE) as (run, training):
            assert training is not None and training.id == trained.id
            training.scores({"evaluation_ssim": 0.5}, 2)
            ids.append(run.id)
    found = {run.info.run_id: run for run in all_runs(home)}
    assert len(found) == 3
    for number, id_ in enumerate(ids):
        assert found[id_].data.tags["mlflow.parentRunId"] == trained.id
        assert found[id_].data.tags["kind"] == "evaluation"
        assert found[id_].data.params["evaluate.seed"] == str(number)
    assert found[trained.id].data.metrics == {"evaluation_ssim": 0.5}


def test_an_evaluation_of_an_unknown_training_stands_alone(home):
    with evaluation_run(PARAMS, OTHER) as (run, training):
        run.scores({"ssim": 0.5}, 0)
    assert training is None
    (found,) = all_runs(home)
    assert "mlflow.parentRunId" not in found.data.tags
    assert found.data.metrics == {"ssim": 0.5}
    assert found.info.status == "FINISHED"


def test_headline_scores_go_to_the_run_that_mlflow_opened(home):
    with training_run(PARAMS, ONE) as trained:
        pass
    opened = store(home).create_run("0").info.run_id
    summarise(opened, {"ssim": 0.5}, ONE, names.experiment(PARAMS))
    found = store(home).get_run(opened)
    assert found.data.metrics == {"ssim": 0.5}
    assert (found.data.tags["training_run"], found.data.tags["fingerprint"]) == (trained.id, ONE)


# ---- ablations ----


def test_the_trainings_of_an_ablation_become_its_children(home, tmp_path):
    ids = {}
    for fingerprint in (ONE, OTHER, "3" * 16):
        with training_run(PARAMS, fingerprint) as trained:
            ids[fingerprint] = trained.id
    (tmp_path / "ablation.csv").write_text("name")
    with ablation_run(PARAMS, [ONE, OTHER]) as run:
        run.scores({"class_iou/l1": 0.25}, 0)
        run.files(tmp_path / "ablation.csv")
    found = {each.info.run_id: each for each in all_runs(home)}
    parent = found[run.id]
    assert (parent.data.tags["kind"], parent.info.status) == ("ablation", "FINISHED")
    assert parent.data.metrics == {"class_iou/l1": 0.25}
    assert [file.path for file in store(home).list_artifacts(run.id)] == ["ablation.csv"]
    children = {id_ for id_, each in found.items() if each.data.tags.get("mlflow.parentRunId") == run.id}
    assert children == {ids[ONE], ids[OTHER]}
    assert all(found[id_].info.status == "FINISHED" for id_ in ids.values())


def test_an_ablation_of_the_same_trainings_goes_on_and_of_others_is_new(home):
    ids = []
    for fingerprints in ([ONE], [ONE], [ONE, OTHER]):
        with ablation_run(PARAMS, fingerprints) as run:
            run.scores({"ssim/default": 0.5}, 0)
            ids.append(run.id)
    assert ids[0] == ids[1] != ids[2]
    assert history(home, ids[0], "ssim/default") == [(0, 0.5)]


def test_a_search_goes_on_in_one_run_with_more_trainings(home):
    with training_run(PARAMS, ONE) as first, training_run(PARAMS, OTHER) as second:
        pass
    for fingerprints, value in (([ONE], 0.25), ([ONE, OTHER], 0.5)):
        with search_run(PARAMS, "search-abcdef", fingerprints) as run:
            run.scores({"validation_ssim": value}, 0)
    found = {each.info.run_id: each for each in all_runs(home)}
    parent = found[run.id]
    assert (parent.data.tags["kind"], parent.info.run_name) == ("search", "search-abcdef")
    assert parent.data.metrics == {"validation_ssim": 0.5} and len(found) == 3
    assert {found[each.id].data.tags["mlflow.parentRunId"] for each in (first, second)} == {run.id}


def test_a_training_goes_on_below_its_ablation(home):
    with training_run(PARAMS, ONE) as trained, ablation_run(PARAMS, [ONE]) as run:
        pass
    with training_run(PARAMS, ONE) as again:
        assert again.id == trained.id
    assert store(home).get_run(trained.id).data.tags["mlflow.parentRunId"] == run.id


# ---- where the code came from ----


def git(folder, *words):
    given = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    done = subprocess.run(["git", *given, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(monkeypatch, tmp_path):
    """A git repository with one commit in place of the checkout."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "code.py").write_text("1")
    (folder / "dvc.lock").write_text("1")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "code")
    monkeypatch.setattr(provenance, "CHECKOUT", folder)
    return folder


def test_a_run_names_its_commit_and_whether_it_is_that(home, repository):
    commit = git(repository, "rev-parse", "HEAD")
    assert provenance.provenance() == {"commit": commit, "dirty": False, "command": "dvc repro"}
    with training_run(PARAMS, ONE):
        pass
    (repository / "code.py").write_text("2")
    assert provenance.provenance() == {"commit": commit, "dirty": True, "command": "dvc repro"}
    with training_run(PARAMS, OTHER):
        pass
    tags = {run.data.tags["fingerprint"]: run.data.tags for run in all_runs(home)}
    assert {tags[ONE]["mlflow.source.git.commit"], tags[OTHER]["mlflow.source.git.commit"]} == {commit}
    assert (tags[ONE]["git_dirty"], tags[OTHER]["git_dirty"]) == ("False", "True")


def test_the_lock_that_dvc_is_writing_is_no_change_of_the_code(repository):
    (repository / "dvc.lock").write_text("2")
    assert provenance.provenance()["dirty"] is False


def test_a_copy_names_the_checkout_it_was_made_from(repository, monkeypatch, tmp_path):
    """The copy is ignored by git: asked there, git would call changed code clean."""
    monkeypatch.setattr(provenance, "CHECKOUT", tmp_path)
    monkeypatch.setenv("PIX2PIX_CHECKOUT", str(repository))
    monkeypatch.setenv("PIX2PIX_COMMAND", "make demo")
    (repository / "code.py").write_text("2")
    commit = git(repository, "rev-parse", "HEAD")
    assert provenance.provenance() == {"commit": commit, "dirty": True, "command": "make demo"}


def test_outside_git_a_run_names_no_commit(home, monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "CHECKOUT", tmp_path)
    assert provenance.provenance() == {"commit": None, "dirty": None, "command": "dvc repro"}
    with training_run(PARAMS, ONE):
        pass
    (run,) = all_runs(home)
    assert not {"mlflow.source.git.commit", "git_dirty", "dvc_experiment"} & run.data.tags.keys()


def test_without_git_on_the_machine_a_run_names_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.provenance() == {"commit": None, "dirty": None, "command": "dvc repro"}


def test_a_run_of_a_dvc_experiment_names_it(home, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "ten")
    with training_run(PARAMS, ONE):
        pass
    (run,) = all_runs(home)
    assert run.data.tags["dvc_experiment"] == "ten"


# ---- a store that fails ----


def warnings(capsys):
    """What stands on stderr; all of it has to be our own lines."""
    lines = capsys.readouterr().err.splitlines()
    assert all(line.startswith("warning: MLflow at ") for line in lines), lines
    return lines


@pytest.fixture
def nobody_there(monkeypatch):
    """A server's address at which nothing listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")


@pytest.mark.usefixtures("nobody_there")
def test_a_training_goes_on_without_its_store(capsys, tmp_path):
    began, done = time.monotonic(), 0
    (tmp_path / "losses.csv").touch()
    with training_run(PARAMS, ONE) as run:
        for step in range(100):
            run.metrics({"loss": 1.0}, step)
            done += 1
        run.tags({"device": "CPU"})
        run.picture(np.zeros((8, 8, 3), np.uint8), "samples/0001.png")
        run.files(tmp_path / "losses.csv")
    assert done == 100
    assert run.id is None
    assert time.monotonic() - began < 15
    assert len(warnings(capsys)) == 1


@pytest.mark.usefixtures("nobody_there")
def test_an_evaluation_goes_on_without_its_store(capsys):
    began = time.monotonic()
    with evaluation_run(PARAMS, ONE) as (run, training):
        run.scores({"ssim": 0.5}, 0)
        training.scores({"evaluation_ssim": 0.5}, 0)
    assert time.monotonic() - began < 15
    assert len(warnings(capsys)) == 1


@pytest.mark.usefixtures("nobody_there")
def test_an_ablation_goes_on_without_its_store(capsys):
    with ablation_run(PARAMS, [ONE]) as run:
        run.scores({"ssim/default": 0.5}, 0)
    assert len(warnings(capsys)) == 1


@pytest.mark.usefixtures("nobody_there")
def test_an_error_in_the_block_is_not_hidden_by_a_store_that_fails():
    with pytest.raises(ZeroDivisionError), training_run(PARAMS, ONE):
        raise ZeroDivisionError


@pytest.fixture
def impatient():
    """SQLite waits two seconds for a lock; MLflow has it wait twenty."""

    def shorter(_connection, _cursor, statement, parameters, *_):
        return statement.replace("busy_timeout = 20000", "busy_timeout = 2000"), parameters

    event.listen(Engine, "before_cursor_execute", shorter, retval=True)
    yield
    event.remove(Engine, "before_cursor_execute", shorter)


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_training_goes_on_beside_a_locked_store_and_is_ended_afterwards(home, capsys):
    """MLflow waits for a lock: once, not at every step."""
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 3.0}, 1)
        with closing(sqlite3.connect(home / "mlflow.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            for step in range(2, 50):
                run.metrics({"loss": 2.0}, step)
            assert time.monotonic() - began < 40
            other.execute("ROLLBACK")
    assert capsys.readouterr().err.count("warning: MLflow at ") == 1
    (found,) = all_runs(home)
    assert found.info.status == "FINISHED"
    assert history(home, run.id, "loss") == [(1, 3.0)] + [(step, 2.0) for step in range(2, 50)]


def break_(home, mend=False):
    """Locked, full or damaged is the same to MLflow, and soon said; here a table is gone."""
    old, new = ("lost", "metrics") if mend else ("metrics", "lost")
    with closing(sqlite3.connect(home / "mlflow.db", isolation_level=None)) as other:
        other.execute(f"ALTER TABLE {old} RENAME TO {new}")


def test_a_database_that_fails_is_one_line(home, capsys):
    with training_run(PARAMS, ONE) as run:
        break_(home)
        run.metrics({"loss": 2.0}, 1)
        run.metrics({"loss": 1.0}, 2)
    assert len(warnings(capsys)) == 1
    break_(home, mend=True)
    (found,) = all_runs(home)
    assert found.info.status == "FINISHED", "what could not be logged does not keep the run from ending"
    assert history(home, run.id, "loss") == []
    with training_run(PARAMS, ONE) as run:  # the next start tells all rows
        tell(run, [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0}, {"step": 3, "loss": 0.5}], "step")
    assert history(home, run.id, "loss") == [(1, 2.0), (2, 1.0), (3, 0.5)]


def test_a_store_that_comes_back_gets_what_it_missed(home, capsys):
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 4.0}, 1)
        break_(home)
        for step in (2, 3):
            run.metrics({"loss": 4.0 - step}, step)
        run.scores({"seconds_per_step": 0.5}, 0)
        run.tags({"device": "CPU"})
        break_(home, mend=True)
        assert history(home, run.id, "loss") == [(1, 4.0)]
        run.metrics({"loss": 0.0}, 4)
        assert history(home, run.id, "loss") == [(1, 4.0)], "it is left alone for a while"
        run.patience.quiet_until = 0.0
        run.metrics({"loss": -1.0}, 5)
        assert history(home, run.id, "loss") == [(1, 4.0), (2, 2.0), (3, 1.0), (4, 0.0), (5, -1.0)]
        assert history(home, run.id, "seconds_per_step") == [(0, 0.5)]
    (found,) = all_runs(home)
    assert found.data.tags["device"] == "CPU"
    assert len(warnings(capsys)) == 1


def test_what_can_never_be_logged_does_not_hold_up_the_rest(home, capsys, monkeypatch):
    monkeypatch.setattr("pix2pix.tracking.run.QUIET_SECONDS", 0)
    with training_run(PARAMS, ONE) as run:
        run.tags({"no/:name?": "MLflow refuses it", "\n": ""})
        run.metrics({"loss": 1.0}, 1)
        run.metrics({"loss": 0.5}, 2)
        assert history(home, run.id, "loss") == [(1, 1.0), (2, 0.5)]
    assert len(warnings(capsys)) == 1
    assert [run.info.status for run in all_runs(home)] == ["FINISHED"]


def test_a_store_that_is_down_at_the_start_gets_the_whole_run_at_the_end(home, capsys):
    (home / "mlflow.db").rename(home / "away.db")
    (home / "mlflow.db").mkdir()
    with training_run(PARAMS, ONE) as run:
        tell(run, [{"step": 1, "loss": 2.0}], "step")
        run.metrics({"loss": 1.0}, 2)
        run.scores({"ssim": 0.5}, 0)
        assert run.id is None
        (home / "mlflow.db").rmdir()
        (home / "away.db").rename(home / "mlflow.db")
    (found,) = all_runs(home)
    assert (found.info.run_id, found.info.status) == (run.id, "FINISHED")
    assert history(home, run.id, "loss") == [(1, 2.0), (2, 1.0)]
    assert found.data.metrics["ssim"] == 0.5
    assert found.data.params["model.lambda_l1"] == "100.0"
    assert len(warnings(capsys)) == 1


def test_an_evaluations_scores_reach_a_store_that_comes_back(home, capsys):
    with training_run(PARAMS, ONE):
        pass
    with evaluation_run(PARAMS, ONE) as (run, training):
        break_(home)
        run.scores({"ssim": 0.5}, 0)
        training.scores({"evaluation_ssim": 0.5}, 2)
        break_(home, mend=True)
    metrics = {found.data.tags["kind"]: found.data.metrics for found in all_runs(home)}
    assert metrics == {"training": {"evaluation_ssim": 0.5}, "evaluation": {"ssim": 0.5}}
    assert len(warnings(capsys)) == 1


@pytest.fixture
def server(home):
    """An MLflow server over the home's store: started and stopped by what the fixture gives."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address, started = f"http://127.0.0.1:{port}", []

    def answers():
        try:
            return requests.get(f"{address}/health", timeout=1).ok
        except requests.RequestException:
            return False

    def start():
        words = ["server", "--backend-store-uri", f"sqlite:///{home / 'mlflow.db'}", "--port", str(port)]
        words += ["--artifacts-destination", str(home / "mlartifacts"), "--workers", "1"]
        with (home / "server.log").open("a") as log:
            command = [sys.executable, "-m", "mlflow", *words]
            started.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))
        until(answers)
        return address

    def stop():
        process = started.pop()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        until(lambda: not answers())

    yield start, stop
    if started:
        stop()


@pytest.mark.slow
def test_a_server_that_goes_and_comes_back_misses_nothing(home, server, capsys, monkeypatch):
    start, stop = server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", start())
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 4.0}, 1)
        stop()
        began = time.monotonic()
        for step in range(2, 100):
            run.metrics({"loss": 4.0}, step)
        run.picture(np.zeros((8, 8, 3), np.uint8), "samples/0001.png")
        assert time.monotonic() - began < 40
        start()
        run.patience.quiet_until = 0.0
        run.metrics({"loss": 3.0}, 100)
        assert history(home, run.id, "loss") == [(step, 4.0) for step in range(1, 100)] + [(100, 3.0)]
    (found,) = all_runs(home)
    assert (found.info.run_id, found.info.status) == (run.id, "FINISHED")
    assert len(warnings(capsys)) == 1
    with training_run(PARAMS, ONE, known=run.id) as again:
        assert again.id == run.id
        assert store(home).get_run(run.id).info.status == "RUNNING"
        tell(again, [{"step": step, "loss": 4.0} for step in range(1, 100)], "step")
    assert len(history(home, run.id, "loss")) == 100


@pytest.mark.slow
@pytest.mark.usefixtures("undisturbed")
def test_a_server_takes_a_scored_model(tmp_path, server, capsys, monkeypatch):
    start, _ = server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", start())
    with training_run(PARAMS, ONE) as run:
        run.generator(save_generator(tmp_path / "generator"))
    with evaluation_run(PARAMS, ONE) as (evaluation, training):
        evaluation.scores({"ssim": 0.5}, 0)
        evaluation.table(pd.DataFrame({"ssim": [0.5]}, index=pd.Index(["val/1"], name="id")), champion.PER_IMAGE)
        training.challenge(evaluation, "facades")
    assert "warning: MLflow" not in capsys.readouterr().err
    version = champion.holder(tracking_uri(), "facades", champion.CHALLENGER)
    assert (version.number, version.scores) == (1, {"ssim": 0.5})


@pytest.mark.usefixtures("nobody_there")
def test_a_summary_that_cannot_be_written_is_a_line():
    with pytest.raises(UserError, match="refuses the scores of run abc"):
        summarise("abc", {"ssim": 0.5}, ONE, names.experiment(PARAMS))


# ---- several processes, and the model ----

START = """
import sys, time
from pathlib import Path
from conftest import settings
from tracked import training_run
here, number, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
(here / f"ready-{number}").touch()
while len(list(here.glob("ready-*"))) < count:
    time.sleep(0.01)
with training_run(settings(), number * 16) as run:
    run.metrics({"loss": 1.0}, 1)
"""


PATHS = os.pathsep.join([str(CHECKOUT / "src"), str(CHECKOUT / "tests")])


def code(script, *words, **environment):
    """A Python of its own, with the tests' imports."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_fresh_store_can_be_made_by_several_processes_at_once(home, tmp_path):
    (home / "mlflow.db").unlink()
    started = [code(START, tmp_path, number, 2, PYTHONPATH=PATHS) for number in range(2)]
    for process in started:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert "warning: MLflow" not in err
    found = all_runs(home)
    assert sorted(run.data.tags["fingerprint"] for run in found) == [str(number) * 16 for number in range(2)]
    assert {run.info.status for run in found} == {"FINISHED"}
    assert len({run.info.experiment_id for run in found}) == 1


SERVE = """
import pickle, sys
from datetime import date
import mlflow, numpy as np
unpickled = []
sys.addaudithook(lambda event, about: unpickled.append(about) if event == "pickle.find_class" else None)
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model(sys.argv[2])
pictures = np.load(sys.argv[3])
np.save(sys.argv[4], [model.predict(pictures), model.predict(pictures, {"seed": 3})])
try:
    model.predict(pictures.astype(float) / 255)
except Exception as error:
    print("refused", type(error).__name__)
import pix2pix
print(pix2pix.__file__)
print(unpickled)
pickle.loads(pickle.dumps(date(2024, 1, 1)))
print(unpickled)
"""


@pytest.fixture
def logged(home, tmp_path):
    """The run of a training that has logged its generator, which lies in `tmp_path` too."""
    before = mlflow.get_tracking_uri()
    trained = generator((32, 32), Style(0, 0.3, 1e-3, 0.02), 4, True, False)
    model_folder.save(trained, tmp_path / "generator", ABOUT.told() | {"fingerprint": ONE})
    with training_run(PARAMS, ONE) as run:
        run.generator(tmp_path / "generator")
        run.generator(tmp_path / "generator")  # of a training that was interrupted after it
    mlflow.set_tracking_uri(before)
    (found,) = all_runs(home)
    return found


@pytest.mark.slow
def test_the_logged_model_gives_the_translators_pictures(home, logged, tmp_path, monkeypatch):
    """Loaded elsewhere, where our code is not installed: it brings its own."""
    found = logged
    (output,) = found.outputs.model_outputs
    assert found.info.status == "FINISHED"
    model = store(home).get_logged_model(output.model_id)
    logged = [path for path in Path(model.artifact_location.removeprefix("file://")).rglob("*") if path.is_file()]
    assert {"MLmodel", "pyfunc.py", "about.json"} <= {path.name for path in logged}, "or this looks elsewhere"
    assert not [path for path in logged if path.suffix in (".pkl", ".pickle", ".joblib", ".dill")]
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    np.save(tmp_path / "in.npy", pictures)
    monkeypatch.chdir(tmp_path)
    words = [f"sqlite:///{home / 'mlflow.db'}", f"models:/{output.model_id}", "in.npy", "out.npy"]
    process = code(SERVE, *words, PYTHONPATH="")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    refused, place, unpickled, control = out.splitlines()[-4:]
    assert refused.startswith("refused")
    assert unpickled == "[]"
    assert control == "[('datetime', 'date')]", "or the hook would see nothing"
    assert Path(place).is_relative_to(home / "mlartifacts")
    translator = Translator.load(tmp_path / "generator")
    expected = np.stack([[translator(picture, seed=seed) for picture in pictures] for seed in (0, 3)])
    got = np.load(tmp_path / "out.npy")
    assert got.dtype == np.uint8 and np.array_equal(got, expected) and (expected[0] != expected[1]).any()
    assert len(np.unique(expected)) > 10


@pytest.fixture
def undisturbed():
    """MLflow's own idea of where its store is, as it was."""
    before = mlflow.get_tracking_uri()
    yield
    mlflow.set_tracking_uri(before)


@pytest.mark.slow
@pytest.mark.usefixtures("undisturbed")
def test_every_address_of_a_logged_generator_leads_to_its_folder(home, logged, tmp_path):
    client, uri = store(home), f"sqlite:///{home / 'mlflow.db'}"
    (output,) = logged.outputs.model_outputs
    place = Path(client.get_logged_model(output.model_id).artifact_location.removeprefix("file://"))
    (place / "pyfunc.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')", encoding="utf-8")
    mlflow.set_tracking_uri(uri)  # what a new version is of, MLflow looks up there
    client.create_registered_model("facades")
    version = client.create_model_version("facades", f"models:/{output.model_id}", logged.info.run_id).version
    client.set_registered_model_alias("facades", "champion", version)
    generator = {path.name: path.read_bytes() for path in (tmp_path / "generator").iterdir()}
    for number, address in enumerate(
        [
            f"models:/facades/{version}",
            "models:/facades@champion",
            f"models:/{output.model_id}",
            f"runs:/{logged.info.run_id}/generator",
        ]
    ):
        folder = fetch_generator(uri, address, tmp_path / str(number))
        assert folder.is_relative_to(tmp_path / str(number)), "a copy"
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == generator, address
    assert not (tmp_path / "ran").exists(), "nothing of it is run"
    for address in ("models:/facades/9", "models:/facades@none", f"runs:/{logged.info.run_id}/other"):
        with pytest.raises(UserError, match=f"^{address}: MLflow at sqlite:"):
            fetch_generator(uri, address, tmp_path / "absent")
    shutil.rmtree(place / "artifacts")
    with pytest.raises(
        DataError, match="models:/facades/1: is no MLflow model of this project, because it contains no artifacts/"
    ):
        fetch_generator(uri, "models:/facades/1", tmp_path / "other")


@pytest.mark.usefixtures("undisturbed")
@pytest.mark.parametrize("address", ["models:/", "models:/no/1", "models:/no@x", "models:/m-1", "runs:/", "runs:/1/x"])
def test_a_model_that_is_not_there_is_one_line(home, tmp_path, address):
    with pytest.raises(UserError) as caught:
        fetch_generator(f"sqlite:///{home / 'mlflow.db'}", address, tmp_path / "scratch")
    assert str(caught.value).startswith(f"{address}: MLflow at sqlite:")
    assert str(caught.value).isprintable()


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(UserError, match=r"models:/facades/1: there is no MLflow store at .*absent\.db yet"):
        fetch_generator(f"sqlite:///{tmp_path / 'absent.db'}", "models:/facades/1", tmp_path / "scratch")
    assert not (tmp_path / "absent.db").exists()


# ---- what people judged ----

JUDGED = {"study_fooled": 0.3, "study_fooled_low": 0.2, "study_fooled_high": 0.4, "study_participants": 3.0}
TABLE = "pair,trials,fooled,share\ntest/1,2,1,0.5\n"


def test_a_study_is_told_to_the_run_of_its_training_as_it_is(home, tmp_path):
    for fingerprint in (ONE, OTHER):
        with training_run(PARAMS, fingerprint) as run:
            run.metrics({"loss": 1.0}, 1)
    before = store(home).get_run(run.id).info
    assert judged(JUDGED, TABLE, 3, OTHER, names.experiment(PARAMS)) == run.id
    found = store(home).get_run(run.id)
    assert (found.info.status, found.info.end_time) == ("FINISHED", before.end_time)
    assert found.data.metrics == {"loss": 1.0} | JUDGED
    path = store(home).download_artifacts(run.id, "study/images.csv", str(tmp_path))
    assert Path(path).read_text(encoding="utf-8") == TABLE
    (other,) = [each for each in all_runs(home) if each.info.run_id != run.id]
    assert "study_fooled" not in other.data.metrics


def test_the_same_result_is_told_once_and_a_newer_one_beside_it(home):
    with training_run(PARAMS, ONE) as run:
        pass
    for participants, fooled in ((3, 0.3), (3, 0.3), (5, 0.25)):
        scores = JUDGED | {"study_fooled": fooled, "study_participants": float(participants)}
        judged(scores, TABLE, participants, ONE, names.experiment(PARAMS))
    assert history(home, run.id, "study_fooled") == [(3, 0.3), (5, 0.25)]
    assert history(home, run.id, "study_fooled_low") == [(3, 0.2)]


@pytest.mark.parametrize("experiment", [names.experiment(PARAMS), "another"])
def test_a_study_of_a_training_that_has_no_run(home, experiment):
    with training_run(PARAMS, ONE):
        pass
    assert judged(JUDGED, TABLE, 3, OTHER, experiment) is None
    assert len(all_runs(home)) == 1


def test_a_store_that_does_not_take_a_study(home):
    (home / "mlflow.db").write_bytes(b"no database, whatever its name may be")
    with pytest.raises(UserError, match=r"^MLflow at sqlite:.* refuses the result of the study: [^\n]*$"):
        judged(JUDGED, TABLE, 3, ONE, names.experiment(PARAMS))
