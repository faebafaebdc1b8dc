"""Runs of other machines: their heartbeat, and their end when nothing is heard of them any more."""

import socket
import subprocess
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from conftest import settings
from mlflow.tracking import MlflowClient
from tracked import training_run

from pix2pix.tracking import run as runs
from pix2pix.tracking.owners import end_the_silent
from pix2pix.tracking.runs import evaluation_run
from pix2pix.tracking.store import tracking_uri

PARAMS = settings()
ONE = "1" * 16


@pytest.fixture(autouse=True)
def home(home_with_store):
    return home_with_store


@pytest.fixture
def client(home):
    return MlflowClient(f"sqlite:///{home / 'mlflow.db'}")


@pytest.fixture
def left(client):
    """Makes a run that was left RUNNING in an experiment: by whom, how many hours ago it began, and was heard of."""

    def make(process="gone/7/1.00", heard=None, began=1000.0, status="RUNNING", **tags):
        beat = {} if heard is None else {"heartbeat": (datetime.now(UTC) - timedelta(hours=heard)).isoformat()}
        start = int((datetime.now(UTC) - timedelta(hours=began)).timestamp() * 1000)
        experiment = client.create_experiment(f"e{len(client.search_experiments())}")
        tags |= {"process": process} | beat
        run = client.create_run(experiment, start, {name: tag for name, tag in tags.items() if tag}).info.run_id
        client.update_run(run, status)
        return run

    return make


def status(client, run):
    return client.get_run(run).info.status


def test_a_run_that_was_not_heard_of_for_so_long_is_ended_at_its_last_sign(client, left):
    run = left(heard=25)
    (ended,), going_on = end_the_silent(tracking_uri(), 24)
    found = client.get_run(run)
    assert (ended.id, ended.process, going_on) == (run, "gone/7/1.00", 0)
    assert found.info.status == "KILLED" and found.data.tags["ended_by"] == "not heard of any more"
    heard = datetime.fromisoformat(found.data.tags["heartbeat"])
    assert found.info.end_time == int(heard.timestamp() * 1000)
    assert datetime.fromisoformat(ended.heard) == heard.replace(microsecond=0)


def test_what_was_heard_of_goes_on(client, left):
    runs = [left(heard=23), left(began=23), left()]
    client.log_metric(runs[2], "loss", 1.0)  # a run of an earlier version has only its figures
    assert end_the_silent(tracking_uri(), 24) == ([], 3)
    assert [status(client, run) for run in runs] == ["RUNNING"] * 3


def test_runs_of_others_and_ended_runs_are_left_alone(client, left):
    others = [left(process=None), left(process="me")]
    done = left(heard=99, status="FINISHED")
    assert end_the_silent(tracking_uri(), 24) == ([], 0)
    assert [status(client, run) for run in (*others, done)] == ["RUNNING", "RUNNING", "FINISHED"]


def test_a_process_of_this_machine_is_looked_for(client, left):
    """However long nothing was heard of it, and however short."""
    with subprocess.Popen(["sleep", "600"]) as process:
        born = psutil.Process(process.pid).create_time()
        alive, dead = (left(f"{socket.gethostname()}/{process.pid}/{born - ago:.2f}", heard=99) for ago in (0, 60))
        young = left(f"{socket.gethostname()}/{process.pid}/{born - 60:.2f}", heard=0)
        ended, going_on = end_the_silent(tracking_uri(), 24)
        process.kill()
    assert {each.id for each in ended} == {dead, young} and going_on == 1
    assert status(client, alive) == "RUNNING"


def test_a_run_that_is_written_to_has_a_heartbeat(client, monkeypatch):
    before = datetime.now(UTC).replace(microsecond=0)

    def beaten(run):
        return datetime.fromisoformat(client.get_run(run.id).data.tags["heartbeat"])

    with training_run(PARAMS, ONE) as run:
        assert before <= beaten(run) <= datetime.now(UTC)
        client.set_tag(run.id, "heartbeat", "2026-01-01T00:00:00+00:00")
        run.metrics({"loss": 1.0}, 1)
        assert beaten(run).month == 1, "not at each call"
        monkeypatch.setattr(runs, "BEAT_SECONDS", -1)
        run.metrics({"loss": 1.0}, 2)
        assert beaten(run) >= before
    client.set_tag(run.id, "heartbeat", "2026-01-01T00:00:00+00:00")
    with evaluation_run(PARAMS, ONE) as (evaluation, training):
        training.metrics({"ssim": 1.0}, 1)
        assert beaten(evaluation) >= before
    assert beaten(run).month == 1, "an evaluation does not speak for the training"


def test_a_run_that_lives_after_all_ends_as_it_does(client):
    with training_run(PARAMS, ONE) as run:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "gethostname", lambda: "elsewhere")
            (ended,), _ = end_the_silent(tracking_uri(), 0)
        assert (ended.id, status(client, run.id)) == (run.id, "KILLED")
        run.metrics({"loss": 1.0}, 1)
    found = client.get_run(run.id)
    assert found.info.status == "FINISHED" and "ended_by" not in found.data.tags
    assert found.data.metrics == {"loss": 1.0}
