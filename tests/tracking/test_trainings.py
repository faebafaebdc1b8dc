"""Whole trainings, told to MLflow and TensorBoard, read back through their own readers."""

import json
import shutil
import signal
from dataclasses import replace

import pandas as pd
import pytest
import tensorflow as tf
from mlflow.tracking import MlflowClient
from toy_training import asks_at, job, never, real, steps_saved

from pix2pix.base.errors import StoppedError, TrainingError, UserError
from pix2pix.networks import folder
from pix2pix.pipeline.search import umpire
from pix2pix.systems.captions import PIX2PIX
from pix2pix.tracking import trainings
from pix2pix.tracking.trainings import carried_out
from pix2pix.training import session, trial
from pix2pix.training.cluster import Cluster
from pix2pix.training.layout import Layout
from pix2pix.training.start import Start
from pix2pix.training.windows import Windows


@pytest.fixture(autouse=True)
def home(home_with_store):
    return home_with_store


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Nothing is learned: a loss is the number of its step, from 1."""

    def note(windows, window, first):
        numbers = tf.range(first + 1, first + 1 + len(window["input"]))
        return {curve.key: tf.cast(numbers, tf.float32) for curve in windows._system.curves}

    monkeypatch.setattr(Windows, "__call__", note)


@pytest.fixture
def toy(tmp_path):
    """Make a job that writes below the test's folder: three epochs of three steps."""

    def make(**options):
        made = job(kind=real, loss="l1", log_every=1, **options)
        return replace(made, reports=tmp_path / "reports", models=tmp_path / "models")

    return make


def carry_out(job, stop=never, block=lambda: None):
    with carried_out(job, PIX2PIX, "e", stop) as (trained, run):
        block()
    return trained, run


def all_runs(home):
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    return client, list(client.search_runs([each.experiment_id for each in client.search_experiments()]))


def history(client, run, name):
    return [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]


def board(home, name):
    """(step, value) of a figure in TensorBoard, read by TensorFlow itself."""
    paths = sorted(home.glob("logs/*/events.*"))
    events = (event for path in paths for event in tf.compat.v1.train.summary_iterator(str(path)))
    return [
        (event.step, float(tf.make_ndarray(value.tensor)))
        for event in events
        for value in event.summary.value
        if value.tag == name
    ]


def test_a_process_that_is_not_the_first_one_trains_along_and_writes_nothing(home, toy, tmp_path, monkeypatch, capsys):
    second = Layout(tf.distribute.get_strategy(), cluster=Cluster(1, 1))
    for module in (trainings, session):
        monkeypatch.setattr(module, "layout", lambda _: second)
    with pytest.raises(SystemExit) as caught:
        carry_out(toy())
    assert caught.value.code is None  # status 0
    assert "together with the first process" in capsys.readouterr().out
    assert all_runs(home)[1] == []
    assert [path for name in ("checkpoints", "logs") for path in home.glob(f"{name}/*")] == []
    assert not (tmp_path / "models").exists() and not (tmp_path / "reports").exists()


STEPS = [(step, float(step)) for step in range(1, 10)]


def test_a_training_leaves_its_curves_its_model_and_an_mlflow_run(home, toy, tmp_path, capsys):
    made = toy()
    trained, run = carry_out(made)
    client, (found,) = all_runs(home)
    assert (found.info.run_id, found.info.status) == (run.id, "FINISHED")
    assert found.data.tags["fingerprint"] == made.fingerprint and found.data.tags["exact"] == "True"
    assert found.data.params["train.epochs"] == "3"
    assert history(client, found, "generator_l1") == STEPS == board(home, "generator/l1")
    validated = [(row["epoch"], row["validation_l1"]) for row in trained.progress.validation]
    assert history(client, found, "validation_l1") == validated and len(validated) == 3
    assert found.data.metrics["seconds_per_step"] > 0
    kept = {entry.path for entry in client.list_artifacts(run.id)}
    assert kept == {"losses.csv", "curves.json", "health.json", "samples"}
    assert len(client.list_artifacts(run.id, "samples")) == 3
    assert found.data.tags["health"] == json.loads((tmp_path / "reports/health.json").read_text())["verdict"]

    tables = {"losses.csv", "validation.csv", "points.csv", "curves.json", "health.json", "times.json"}
    assert {path.name for path in (tmp_path / "reports").iterdir()} == tables | {"samples"}
    losses = pd.read_csv(tmp_path / "reports/losses.csv")
    assert list(losses.columns) == ["epoch", "step", *(curve.key for curve in trained.curves)]
    assert list(zip(losses.step, losses.generator_l1, strict=True)) == STEPS
    times = json.loads((tmp_path / "reports/times.json").read_text())
    assert times["steps"] == 9 and times["device"] == found.data.tags["device"] and "command" in times
    model, about = folder.load(tmp_path / "models/generator")
    assert about["epoch"] == 3 and about["selected_by"] == "last"
    assert model.count_params() == trained.last["generator"].count_params()
    assert f"; MLflow run {run.id}\na new run: the first one of its kind here\n" in capsys.readouterr().out


def test_a_stopped_training_is_killed_in_mlflow_and_goes_on_in_its_run(home, toy, tmp_path):
    with pytest.raises(StoppedError, match="stopped by SIGTERM at step 4 of 9"):
        carry_out(toy(), stop=asks_at(4))
    _, (stopped,) = all_runs(home)
    assert stopped.info.status == "KILLED"
    assert not (tmp_path / "models").exists() and not (tmp_path / "reports").exists()
    carry_out(toy())
    client, (found,) = all_runs(home)
    assert (found.info.run_id, found.info.status) == (stopped.info.run_id, "FINISHED")
    # Every row once, whichever session made it.
    assert history(client, found, "generator_l1") == STEPS == board(home, "generator/l1")


def test_a_training_that_a_search_prunes_is_no_failure_and_may_go_on_later(home, toy, monkeypatch):
    told = []

    def answer(row):
        told.append(row)
        return trial.PRUNE if row["epoch"] == 2 else trial.GO_ON

    with umpire.listening(answer) as address:
        monkeypatch.setenv(trial.SEARCH, address)
        with pytest.raises(StoppedError, match="stopped by SIGTERM at step 6 of 9"):
            carry_out(toy())
    monkeypatch.delenv(trial.SEARCH)
    _, (pruned,) = all_runs(home)
    assert (pruned.info.status, pruned.data.tags["pruned"]) == ("KILLED", "after epoch 2")
    assert [row["epoch"] for row in told] == [1, 2] and {row["fingerprint"] for row in told} == {toy().fingerprint}
    assert all("validation_l1" in row for row in told)
    carry_out(toy())
    _, (found,) = all_runs(home)
    assert (found.info.run_id, found.info.status) == (pruned.info.run_id, "FINISHED")
    assert "pruned" not in found.data.tags


def test_a_signal_after_the_last_step_is_told_once_all_is_done(home, toy, tmp_path):
    """The stage is over, but whoever asked is answered."""
    asked = iter([None] * 10)
    with pytest.raises(StoppedError, match="SIGINT came after the last step: the training is finished") as caught:
        carry_out(toy(), stop=lambda: next(asked, signal.SIGINT))
    assert caught.value.exit_status == 128 + signal.SIGINT
    _, (found,) = all_runs(home)
    assert found.info.status == "FINISHED"
    assert (tmp_path / "models/generator/about.json").exists() and (tmp_path / "reports/times.json").exists()


def test_what_fails_after_a_training_fails_its_run(home, toy):
    def block():
        raise UserError("no")

    with pytest.raises(UserError):
        carry_out(toy(), block=block)
    _, (found,) = all_runs(home)
    assert found.info.status == "FAILED"


def test_a_finished_training_is_used_again_with_the_same_bytes(home, toy, tmp_path):
    def outputs():
        files = (path for part in ("models", "reports") for path in (tmp_path / part).rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files if path.name != "times.json"}

    carry_out(toy())
    first = outputs()
    assert len(first) == 11  # three of the model, five tables, three pictures
    carry_out(toy())
    assert outputs() == first
    client, (found,) = all_runs(home)
    assert found.info.status == "FINISHED" and history(client, found, "generator_l1") == STEPS


def test_a_longer_training_is_a_run_of_its_own_that_says_which_one_it_went_on_from(home, toy, capsys):
    short, longer = toy(epochs=2), toy(epochs=4)
    carry_out(short)
    carry_out(longer)
    client, found = all_runs(home)
    runs = {run.data.tags["fingerprint"]: run for run in found}
    assert runs.keys() == {short.fingerprint, longer.fingerprint}
    assert runs[longer.fingerprint].data.tags["went_on_from"] == f"{short.fingerprint} at step 6"
    assert "went_on_from" not in runs[short.fingerprint].data.tags
    # It has the whole curve.
    assert history(client, runs[longer.fingerprint], "generator_l1") == [(step, float(step)) for step in range(1, 13)]
    said = capsys.readouterr().out
    assert f"a new run: the most similar one here, {short.fingerprint}, has train.epochs 2 (here 4)" in said
    assert steps_saved(home / "checkpoints" / short.fingerprint) == [6]


def test_the_selected_model_is_written_beside_the_last(toy, tmp_path):
    """Nothing is learned, so that all epochs are equally good: the first one is."""
    trained, _ = carry_out(toy(select="validation_ssim"))
    assert trained.epoch == 1
    chosen = json.loads((tmp_path / "models/generator/about.json").read_text())
    last = json.loads((tmp_path / "models/generator/last/about.json").read_text())
    assert (chosen["epoch"], chosen["selected_by"]) == (1, "validation_ssim")
    assert (last["epoch"], last["selected_by"]) == (3, "last")


def test_a_start_that_does_not_fit_leaves_no_run_behind(home, toy, tmp_path):
    from_another = tmp_path / "other"
    carry_out(toy(epochs=1))
    shutil.copytree(tmp_path / "models/generator", from_another)
    before = sorted(path.name for path in (home / "checkpoints").iterdir())
    with pytest.raises(TrainingError, match=r"train\.start_from = it: does not fit: "):
        carry_out(toy(generator_filters=8, start_from=Start(from_another, "it")))
    assert len(all_runs(home)[1]) == 1
    assert sorted(path.name for path in (home / "checkpoints").iterdir()) == before
