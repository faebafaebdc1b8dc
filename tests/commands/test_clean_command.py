"""The command; which folders go, pipeline/test_clean.py tries, and which runs end, tracking/test_owners.py."""

import pytest
from mlflow.tracking import MlflowClient


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs with a checkpoint each."""
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    folder = tmp_path / "checkpoints"
    for name in ("aaaa", "bbbb"):
        (folder / name).mkdir(parents=True)
        (folder / name / "state").write_bytes(bytes(20_000_000))
    return folder


def test_one_run_is_removed_with_a_line(command, runs):
    assert command("clean", "aaaa") == (0, f"removed {runs / 'aaaa'}, 0.02 GB\n", "")
    assert [path.name for path in runs.iterdir()] == ["bbbb"]


def test_all_are_removed_when_that_is_said(command, runs):
    status, out, err = command("clean", "--all")
    assert (status, out.count("removed "), err) == (0, 2, "")
    assert not list(runs.iterdir())
    assert command("clean", "--all") == (0, "there is nothing to remove\n", "")
    assert command("clean", "aaaa") == (1, "", f"error: aaaa: no such run in {runs}; there: none\n")


def test_caches_are_removed_alone(command, runs):
    (runs.parent / "checked").mkdir()
    assert command("clean", "--caches") == (0, f"removed {runs.parent / 'checked'}, 0.00 GB\n", "")
    assert command("clean", "--caches") == (0, "there is nothing to remove\n", "")
    assert len(list(runs.iterdir())) == 2


def test_nothing_is_removed_when_nothing_is_named(command, runs):
    status, out, err = command("clean")
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert len(list(runs.iterdir())) == 2


def test_an_unknown_run_is_a_line(command, runs):
    assert command("clean", "cccc") == (1, "", f"error: cccc: no such run in {runs}; there: aaaa, bbbb\n")


@pytest.fixture
def silent(home_with_store):
    """A run of a host that was last heard of in 2026, and the client of its store."""
    client = MlflowClient(f"sqlite:///{home_with_store / 'mlflow.db'}")
    tags = {"process": "gone/7/1.00", "heartbeat": "2026-01-02T03:04:05+00:00"}
    return client, client.create_run("0", start_time=1, tags=tags, run_name="houses").info.run_id


def test_a_run_of_a_dead_machine_is_ended_with_a_line(command, silent, home_with_store):
    client, run = silent
    client.create_run("0", tags={"process": "elsewhere/7/1.00"})
    status, out, err = command("clean", "--dead-runs")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"ended houses ({run}): gone/7/1.00 was last heard of at 2026-01-02T03:04:05+00:00",
        f"MLflow at sqlite:///{home_with_store / 'mlflow.db'}: 1 dead run ended, 1 run still active",
    ]
    assert client.get_run(run).info.status == "KILLED"


def test_without_a_store_there_is_nothing_to_end(command, tmp_path, monkeypatch):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    status, out, err = command("clean", "--dead-runs", 72)
    assert (status, out) == (1, "") and "there is no MLflow store" in err and err.count("\n") == 1


@pytest.mark.parametrize("hours", ["0", "soon", "aaaa"])
def test_hours_are_a_number(command, runs, hours):
    status, out, err = command("clean", "--dead-runs", hours)
    assert (status, out) == (2, "") and "is not a number from 1 to 10,000" in err
    assert len(list(runs.iterdir())) == 2
