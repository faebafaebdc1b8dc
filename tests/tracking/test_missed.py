"""A store that is down from a run's first line to its last, and what MLflow's client then finds in it."""

import json
import os
import shutil
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import settings
from mlflow.tracking import MlflowClient
from PIL import Image
from tracked import training_run

from pix2pix.base.errors import StoppedError
from pix2pix.tracking import champion, database, missed
from pix2pix.tracking.run import Run
from pix2pix.tracking.runs import ablation_run, evaluation_run
from pix2pix.tracking.store import tracking_uri

ONE, OTHER = "1" * 16, "2" * 16
PARAMS = settings({"data.dataset": "facades"})
PICTURE = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
DOWN = "warning: MLflow at "


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A home whose store is down: a folder stands in its place."""
    home = tmp_path / "home"
    (home / "mlflow.db").mkdir(parents=True)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "DVC_ROOT", "DVC_EXP_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIX2PIX_HOME", str(home))
    yield home
    mlflow.set_tracking_uri(None)
    os.environ.pop("MLFLOW_TRACKING_URI", None)


def come_back(home):
    (home / "mlflow.db").rmdir()


def all_runs(home):
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    found = client.search_runs([each.experiment_id for each in client.search_experiments()])
    return client, {run.data.tags["kind"]: run for run in found}


def train(folder, model=None):
    """All that a training tells; its files are gone afterwards, as with the next training's."""
    (folder / "losses.csv").write_text("step\n1\n")
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 2.0}, 1)
        run.metrics({"loss": 1.0}, 2)
        run.scores({"seconds_per_step": 0.5}, 0)
        run.tags({"device": "CPU"})
        run.sample(PICTURE, 1)
        run.files(folder / "losses.csv")
        if model:
            shutil.copytree(model, folder / "generator")
            run.generator(folder / "generator")
    (folder / "losses.csv").unlink()
    shutil.rmtree(folder / "generator", ignore_errors=True)


def evaluate():
    with evaluation_run(PARAMS, ONE) as (run, training):
        run.scores({"ssim": 0.5}, 0)
        run.table(pd.DataFrame({"ssim": [0.5]}, index=pd.Index(["val/1"], name="id")), champion.PER_IMAGE)
        training.scores({"evaluation_ssim": 0.5}, 2)
        training.challenge(run, "facades")


def by_evaluation(_):
    evaluate()


def by_command(command):
    assert command("sync")[0] == 0


def by_training(_):
    with training_run(PARAMS, OTHER):
        pass


@pytest.mark.parametrize("later", [by_training, by_evaluation, by_command])
def test_a_training_that_its_store_missed_is_filled_in_by_whatever_comes_next(home, tmp_path, command, capsys, later):
    train(tmp_path)
    assert capsys.readouterr().err.count(DOWN) == 1
    come_back(home)
    later(command)
    client = MlflowClient(tracking_uri())
    (run,) = [run for run in client.search_runs(["1"]) if run.data.tags["fingerprint"] == ONE
              and run.data.tags["kind"] == "training"]  # fmt: skip
    assert run.info.status == "FINISHED" and run.info.start_time <= run.info.end_time
    points = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in points] == [(1, 2.0), (2, 1.0)]
    assert run.data.metrics["seconds_per_step"] == 0.5
    assert run.data.params["model.lambda_l1"] == "100.0" and run.data.tags["device"] == "CPU"
    place = Path(run.info.artifact_uri.removeprefix("file://"))
    assert (place / "losses.csv").read_text() == "step\n1\n"
    with Image.open(place / "samples/0001.png") as logged:
        assert np.array_equal(np.asarray(logged), PICTURE)
    assert missed.kept() == [] and DOWN not in capsys.readouterr().err


def test_a_scored_model_that_its_store_missed_becomes_the_challenger(home, tmp_path, tiny_model):
    train(tmp_path, tiny_model)
    evaluate()
    come_back(home)
    assert missed.send() == 3  # the training, its evaluation, and the training again with its scores
    client, runs = all_runs(home)
    training, evaluation = runs["training"], runs["evaluation"]
    assert evaluation.data.tags["mlflow.parentRunId"] == training.info.run_id
    assert evaluation.data.metrics == {"ssim": 0.5} and training.data.metrics["evaluation_ssim"] == 0.5
    assert training.info.status == evaluation.info.status == "FINISHED"
    version = champion.holder(tracking_uri(), "facades", champion.CHALLENGER)
    assert (version.number, version.scores) == (1, {"ssim": 0.5})
    (model,) = training.outputs.model_outputs
    place = Path(client.get_logged_model(model.model_id).artifact_location.removeprefix("file://"))
    weights = "model.weights.h5"
    assert (place / "artifacts/generator" / weights).read_bytes() == (tiny_model / weights).read_bytes()


def test_a_model_that_arrives_later_changes_neither_status_nor_end(home, tiny_model, monkeypatch):
    with pytest.raises(StoppedError), training_run(PARAMS, ONE) as run:
        run.generator(tiny_model)
        raise StoppedError("stopped", 15)
    (place,) = missed.kept()
    kept = json.loads((place / "missed.json").read_text())["entries"]
    (end,) = [each["said"]["time"] for each in kept if each["what"] == "end"]
    come_back(home)
    log, stands = MlflowClient.log_model_artifacts, []

    def observed(client, *words):
        stands.append(all_runs(home)[1]["training"].info)
        if len(stands) == 1:
            raise ConnectionError("the server is gone")
        log(client, *words)

    monkeypatch.setattr(MlflowClient, "log_model_artifacts", observed)
    with pytest.raises(ConnectionError):
        missed.send()
    stands.append(all_runs(home)[1]["training"].info)
    assert missed.send() == 1
    client, runs = all_runs(home)
    stands.append(runs["training"].info)
    assert [(info.status, info.end_time) for info in stands] == [("KILLED", end)] * 4
    whole = runs["training"].outputs.model_outputs[-1]
    assert client.get_logged_model(whole.model_id).experiment_id == runs["training"].info.experiment_id


def test_an_ablation_that_its_store_missed_is_above_its_trainings(home, tmp_path):
    train(tmp_path)
    with ablation_run(PARAMS, [ONE]) as run:
        run.scores({"ssim/default": 0.5}, 0)
    come_back(home)
    missed.send()
    _, runs = all_runs(home)
    assert runs["training"].data.tags["mlflow.parentRunId"] == runs["ablation"].info.run_id


def test_a_stopped_training_is_killed_and_then_goes_on(home):
    with pytest.raises(StoppedError), training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 2.0}, 1)
        raise StoppedError("stopped", 15)
    come_back(home)
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 2.0}, 1)
        run.metrics({"loss": 1.0}, 2)
        assert all_runs(home)[1]["training"].info.status == "RUNNING"
    client, runs = all_runs(home)
    assert runs["training"].info.status == "FINISHED"
    assert len(client.get_metric_history(run.id, "loss")) == 2


def test_a_second_outage_keeps_all(tmp_path, capsys):
    train(tmp_path)
    kept = missed.kept()
    with training_run(PARAMS, OTHER):
        pass
    assert len(kept) == 1 and missed.kept()[:1] == kept and len(missed.kept()) == 2
    assert capsys.readouterr().err.count(DOWN) == 2  # one for each run


def test_what_was_sent_only_in_part_is_sent_again_and_stands_there_once(home, tmp_path, monkeypatch):
    train(tmp_path)
    evaluate()
    come_back(home)
    with monkeypatch.context() as patch:

        def fail(*_, **__):
            raise ConnectionError("the server is gone")

        patch.setattr(MlflowClient, "log_text", fail)
        with pytest.raises(ConnectionError):
            missed.send()
    missed.send()
    client, runs = all_runs(home)
    assert len(client.search_runs(["1"])) == 2
    assert len(client.get_metric_history(runs["evaluation"].info.run_id, "ssim")) == 1
    assert runs["evaluation"].info.status == "FINISHED"


def test_what_mlflow_refuses_for_its_form_is_told_and_not_kept(home, capsys):
    come_back(home)
    with training_run(PARAMS, ONE) as run:
        run.tags({"no/:name?": "", "\n": ""})
    assert missed.kept() == [] and capsys.readouterr().err.count("refuses tags of run") == 1


def test_scores_of_a_training_that_no_store_knows_are_no_run(home):
    evaluate()
    come_back(home)
    assert missed.send() == 1
    assert all_runs(home)[1].keys() == {"evaluation"}


def test_results_of_a_training_that_this_store_does_not_know_stay_for_the_one_that_does(home, command):
    evaluate()
    come_back(home)
    status, out, said = command("sync")
    assert status == 1
    assert out.endswith(f"MLflow at sqlite:///{home}/mlflow.db has got what it had missed of 1 run\n")
    assert "does not know 1 training whose results" in said and len(missed.kept()) == 1
    with training_run(PARAMS, ONE):
        pass
    assert command("sync")[0] == 0 and missed.kept() == []
    assert all_runs(home)[1]["training"].data.metrics["evaluation_ssim"] == 0.5


def test_pictures_that_fail_hold_up_no_figures(home, monkeypatch):
    come_back(home)
    database.make_sound(home / "mlflow.db")
    monkeypatch.setattr("pix2pix.tracking.run.QUIET_SECONDS", 0)

    def fail(*_, **__):
        raise OSError("the bucket is gone")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_image", fail)
        with training_run(PARAMS, ONE) as run:
            for epoch in (1, 2, 3):
                run.sample(PICTURE, epoch)
            run.metrics({"loss": 1.0}, 1)
            assert [point.value for point in MlflowClient(tracking_uri()).get_metric_history(run.id, "loss")] == [1.0]
    (kept,) = missed.kept()
    told = json.loads((kept / "missed.json").read_text())
    assert [entry["what"] for entry in told["entries"]] == ["files"] * 3
    missed.send()
    assert len(MlflowClient(tracking_uri()).list_artifacts(run.id, "samples")) == 3


def test_a_disk_that_takes_nothing_does_not_stop_the_stage(monkeypatch, capsys):
    monkeypatch.setattr(missed, "keep", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with training_run(PARAMS, ONE) as run:
        assert isinstance(run, Run)
    assert "what MLflow has missed cannot be kept: " in capsys.readouterr().err
