"""Projects that are moved and copied, read back through MLflow's own client."""

import shutil
from pathlib import Path

import mlflow
import numpy as np
import pytest
from conftest import settings
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service import utils
from tracked import training_run

from pix2pix.base.files import read_json
from pix2pix.params import names
from pix2pix.tracking import database
from pix2pix.tracking.model import fetch_generator
from pix2pix.tracking.store import asked, tracking_uri

ONE, OTHER = "1" * 16, "2" * 16
PICTURE = np.zeros((8, 8, 3), np.uint8)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_model):
    """A project, whose name has a space, with a training that has logged pictures and a registered model."""
    with pytest.MonkeyPatch.context() as patch:
        project = tmp_path_factory.mktemp("projects") / "my façades"
        enter(patch, project)
        with training_run(settings(), ONE) as run:
            run.picture(PICTURE, "samples/0001.png")
            run.generator(tiny_model)
        client = MlflowClient(tracking_uri())
        model = client.get_run(run.id).outputs.model_outputs[0].model_id
        client.create_registered_model("facades")
        client.create_model_version("facades", f"models:/{model}", run.id, model_id=model)
        mlflow.set_tracking_uri(None)
    return project, run.id


def enter(patch, project):
    patch.setenv("PIX2PIX_HOME", str(project))
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT"):
        patch.delenv(name, raising=False)


@pytest.fixture(params=["mv", "cp -a"])
def elsewhere(request, monkeypatch, tmp_path, trained):
    """The project at its new place; its first place; and the training's run."""
    project, run = trained
    first = Path(shutil.copytree(project, tmp_path / "first"))
    enter(monkeypatch, first)
    asked(tracking_uri(), lambda client: client.get_run(run))  # it has come to its first place
    new = tmp_path / "new place"
    if request.param == "mv":
        first.rename(new)
    else:
        shutil.copytree(first, new)
    enter(monkeypatch, new)
    utils._artifact_repos_cache.clear()  # another process has none
    yield new, first, run
    mlflow.set_tracking_uri(None)


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_logged_afterwards_stays_in_the_new_place(elsewhere, tiny_model, capsys):
    new, first, run = elsewhere
    before = files(first)
    capsys.readouterr()
    for fingerprint in (ONE, OTHER):
        with training_run(settings(), fingerprint) as again:
            again.picture(PICTURE, "samples/0002.png")
            again.generator(tiny_model)
            assert (again.id == run) == (fingerprint == ONE)
    assert files(first) == before and first.exists() == bool(before)
    assert len(list(new.glob("mlartifacts/*/artifacts/samples/0002.png"))) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "MLflow's files have moved" in line]
    assert len(said) == 1 and f"lead to {new}, not {first}" in said[0]


@pytest.mark.parametrize("address", ["models:/facades/1", "runs:/{run}/generator"])
def test_older_models_are_found_in_the_new_place(elsewhere, tiny_model, tmp_path, address):
    _, first, run = elsewhere
    shutil.rmtree(first, ignore_errors=True)
    (tmp_path / "fetched").mkdir()
    folder = fetch_generator(tracking_uri(), address.format(run=run), tmp_path / "fetched")
    assert read_json(folder / "about.json") == read_json(tiny_model / "about.json")


def test_no_address_of_the_old_place_is_left(elsewhere):
    new, first, run = elsewhere
    asked(tracking_uri(), lambda client: client.get_run(run))
    with database.opened(new / "mlflow.db") as opened:
        text = "\n".join(opened.iterdump())
    assert first.as_uri() not in text and str(first) not in text


def test_files_that_only_the_old_place_has_are_named(elsewhere, capsys):
    """An earlier version has logged to the old place after the project had left."""
    new, first, run = elsewhere
    place = new / f"mlartifacts/{run}"
    shutil.copytree(place, first / f"mlartifacts/{run}", dirs_exist_ok=True)
    shutil.rmtree(place)
    asked(tracking_uri(), lambda client: client.get_run(run))
    assert (
        f"the files of 1 run or model lie in {first} alone: `cp -an {first}/mlartifacts/. {new}/mlartifacts/` brings"
        in capsys.readouterr().err
    )


def test_a_project_without_any_files_moves_too(monkeypatch, tmp_path, capsys):
    enter(monkeypatch, tmp_path / "old")
    with training_run(settings(), ONE):
        pass
    (tmp_path / "old").rename(tmp_path / "new")
    enter(monkeypatch, tmp_path / "new")
    utils._artifact_repos_cache.clear()
    with training_run(settings(), ONE) as run:
        run.picture(PICTURE, "samples/0001.png")
    assert len(list((tmp_path / "new").rglob("0001.png"))) == 1 and not (tmp_path / "old").exists()
    assert "have moved with the project" in capsys.readouterr().err


def test_artifacts_that_somebody_keeps_elsewhere_stay_there(monkeypatch, tmp_path, capsys):
    large = tmp_path / "large disk/mlartifacts"
    enter(monkeypatch, tmp_path / "home")
    (tmp_path / "home").mkdir()
    database.make_sound(tmp_path / "home/mlflow.db")
    client = MlflowClient(tracking_uri())
    client.create_experiment(names.experiment(settings()), artifact_location=large.as_uri())
    for name in ("0001", "0002"):
        with training_run(settings(), ONE) as run:
            run.picture(PICTURE, f"samples/{name}.png")
    assert len(list(large.rglob("*.png"))) == 2 and not (tmp_path / "home/mlartifacts").exists()
    assert "moved" not in capsys.readouterr().err


def test_a_store_that_is_in_its_place_is_not_touched(trained, monkeypatch, capsys):
    project, run = trained
    enter(monkeypatch, project)
    before = (project / "mlflow.db").read_bytes()
    asked(tracking_uri(), lambda client: client.get_run(run))
    assert (project / "mlflow.db").read_bytes() == before and capsys.readouterr().err == ""
