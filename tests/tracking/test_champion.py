"""The registered model, read back through MLflow's own client."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from conftest import settings
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from mlflow.tracking._tracking_service import utils
from tiny import ABOUT
from tracked import training_run

from pix2pix.base.errors import UserError
from pix2pix.data.manifests import Manifest
from pix2pix.evaluation.terms import Terms
from pix2pix.models.translator import Translator
from pix2pix.tracking.champion import holder, promote, told
from pix2pix.tracking.entries import Entry
from pix2pix.tracking.model import fetch_generator
from pix2pix.tracking.registry import versions
from pix2pix.tracking.runs import evaluation_run
from pix2pix.tracking.store import asked, tracking_uri

PARAMS = settings()
MANIFEST = Manifest(
    format=3, dataset="facades", archive="a" * 64, direction="right_to_left", fields=ABOUT.fields, classes=None,
    splits={}, roles={}, sizes={}, notes={}, remarks=[],
)  # fmt: skip
TABLE = pd.DataFrame({"l1": [0.1, 0.25]}, index=pd.Index(["val/1", "val/2"], name="id"))


@pytest.fixture(scope="module")
def fresh_home(tmp_path_factory, tiny_model):
    """A home whose store has a training that logged a model; to make one takes MLflow seconds."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIX2PIX_HOME", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow leaves it behind, where a model was logged
        with training_run(PARAMS, "1" * 16) as run:
            run.generator(tiny_model)
    return home


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path, fresh_home, capsys):
    shutil.copytree(fresh_home, tmp_path / "home")
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'elsewhere.db'}")  # the evaluate stage has told MLflow of no store
    del os.environ["MLFLOW_TRACKING_URI"]  # where MLflow passes it on
    utils._artifact_repos_cache.clear()  # it has places by the ids of runs and models, and these are copies
    asked(tracking_uri(), lambda _: None)  # the copy learns its new place
    capsys.readouterr()
    yield
    mlflow.set_tracking_uri(None)


def scored(fingerprint="1" * 16, params=PARAMS, table=TABLE, name="facades", terms=None, **scores):
    """What the evaluate stage does at its end; returns the id of its run."""
    with evaluation_run(params, fingerprint) as (run, training):
        run.dataset("facades", MANIFEST, "d" * 64, "evaluation")
        run.scores(scores, 0)
        if table is not None:
            run.table(table, "per_image.csv")
        if terms is not None:
            run.text(told(terms), "terms.json")
        training.challenge(run, name)
        return run.id


def test_a_scored_model_becomes_the_challenger_with_its_scores(capsys):
    assert holder(tracking_uri(), "facades", "challenger") is None
    scored(l1=0.5, l1_low=0.4)
    version = holder(tracking_uri(), "facades", "challenger")
    assert (version.number, version.data) == (1, "d" * 16 + ", right_to_left")
    assert version.scores == {"l1": 0.5, "l1_low": 0.4}
    pd.testing.assert_frame_equal(version.images, TABLE)
    assert holder(tracking_uri(), "facades", "champion") is None
    assert "MLflow has the model as facades version 1; `pix2pix promote` compares\n" in capsys.readouterr().out


def test_a_model_that_is_scored_again_is_the_same_version_with_the_new_scores():
    scored(l1=0.5)
    scored(l1=0.25)
    assert holder(tracking_uri(), "facades", "challenger").scores == {"l1": 0.25}
    assert len(MlflowClient(tracking_uri()).search_model_versions("name = 'facades'")) == 1


def test_a_promoted_version_is_the_champion_and_no_challenger_any_more():
    scored(l1=0.5)
    promote(tracking_uri(), holder(tracking_uri(), "facades", "challenger"))
    assert holder(tracking_uri(), "facades", "champion").number == 1
    assert holder(tracking_uri(), "facades", "challenger") is None
    scored(l1=0.25)
    assert holder(tracking_uri(), "facades", "champion").scores == {"l1": 0.25}, "scored again, it stays what it is"
    assert holder(tracking_uri(), "facades", "challenger") is None


def test_a_promotion_that_a_server_refuses_half_of_changes_nothing(monkeypatch):
    scored(l1=0.5)

    def refuse(*_):
        raise MlflowException("API request failed with error code 403 != 200. Response body: 'Permission denied'")

    monkeypatch.setattr(MlflowClient, "delete_registered_model_alias", refuse)
    with pytest.raises(UserError, match="ask who runs the server for the permission"):
        promote(tracking_uri(), holder(tracking_uri(), "facades", "challenger"))
    assert holder(tracking_uri(), "facades", "champion") is None
    assert holder(tracking_uri(), "facades", "challenger").number == 1


def test_an_alias_is_an_address_of_the_models_bytes(tmp_path, tiny_model):
    scored(l1=0.5)
    promote(tracking_uri(), holder(tracking_uri(), "facades", "challenger"))
    (tmp_path / "fetched").mkdir()
    fetched = fetch_generator(tracking_uri(), "models:/facades@champion", tmp_path / "fetched")
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    np.testing.assert_array_equal(Translator.load(fetched)(picture), Translator.load(tiny_model)(picture))


def test_where_there_is_no_champion_one_line_names_the_way_out(tmp_path):
    where = f"MLflow at {tracking_uri()}"
    with pytest.raises(UserError) as caught:
        fetch_generator(tracking_uri(), "models:/facades@champion", tmp_path)
    assert str(caught.value) == (
        f"models:/facades@champion: {where} has no registered model facades; `dvc repro` registers the models that it "
        "scores, and `mlflow ui` shows them"
    )
    scored(l1=0.5)
    with pytest.raises(UserError) as caught:
        fetch_generator(tracking_uri(), "models:/facades@champion", tmp_path)
    assert str(caught.value) == (
        f"models:/facades@champion: {where} has no version of facades with the alias champion (there are: challenger); "
        "`pix2pix promote facades` makes the challenger the champion"
    )


@pytest.fixture
def logged():
    """The folder of the challenger's model."""
    scored(l1=0.5)
    client = MlflowClient(tracking_uri())
    model = client.get_model_version("facades", "1").source.removeprefix("models:/")
    return Path(client.get_logged_model(model).artifact_location.removeprefix("file://"))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("artifacts/generator/model.weights.h5", Path.unlink),
        ("artifacts/generator/model.weights.h5", lambda path: path.write_bytes(path.read_bytes()[:-9] + b"otherwise")),
        ("artifacts/generator", shutil.rmtree),
        ("MLmodel", Path.unlink),
        ("code", shutil.rmtree),
        (".", shutil.rmtree),
    ],
)
def test_a_model_whose_files_are_not_whole_becomes_no_champion(logged, name, damage):
    version = holder(tracking_uri(), "facades", "challenger")
    damage(logged / name)
    with pytest.raises(UserError, match=r"^models:/facades/1: .* cannot be used, and nothing is changed") as caught:
        promote(tracking_uri(), version)
    assert "\n" not in str(caught.value)
    assert (
        holder(tracking_uri(), "facades", "champion") is None
        and holder(tracking_uri(), "facades", "challenger").number == 1
    )


def test_another_training_is_another_version(tiny_model):
    scored(l1=0.5)
    with training_run(PARAMS, "2" * 16) as run:
        run.generator(tiny_model)
    scored("2" * 16, l1=0.25)
    assert holder(tracking_uri(), "facades", "challenger").number == 2


def test_a_training_without_a_logged_model_enters_nothing(capsys):
    with training_run(PARAMS, "3" * 16):
        pass
    scored("3" * 16, l1=0.5)
    assert holder(tracking_uri(), "facades", "challenger") is None
    assert capsys.readouterr() == ("", "")


def test_a_version_without_scores_is_named():
    scored(l1=0.5)
    MlflowClient(tracking_uri()).delete_model_version_tag("facades", "1", "evaluation_run")
    with pytest.raises(UserError, match="facades version 1 was never scored"):
        holder(tracking_uri(), "facades", "challenger")


def test_a_version_has_the_terms_of_its_evaluation():
    terms = Terms(
        "picture of 32x32 pixels", "picture of 32x32 pixels", "right_to_left", "none", "写真", "2 pairs of val", "f"
    )
    scored(terms=terms, l1=0.5)
    assert holder(tracking_uri(), "facades", "challenger").terms == terms
    scored(l1=0.5)
    assert holder(tracking_uri(), "facades", "challenger").terms is None, "as an earlier version of the program does it"


@pytest.mark.parametrize("name", ["edges2shoes", "v1.2_x-写真"])
def test_a_model_goes_by_its_own_name(name):
    scored(name=name, l1=0.5)
    assert holder(tracking_uri(), "facades", "challenger") is None
    version = holder(tracking_uri(), name, "challenger")
    assert (version.name, version.number) == (name, 1)
    promote(tracking_uri(), version)
    assert holder(tracking_uri(), name, "champion").number == 1
    assert versions(tracking_uri(), name) == [(f"models:/{name}/1", f"{name} v1 (champion)")]


def test_what_an_earlier_version_has_kept_is_a_challenger_of_the_one_model_of_then():
    with evaluation_run(PARAMS, "1" * 16) as (run, training):
        run.table(TABLE, "per_image.csv")
        training._soon(Entry("challenge", {"evaluation": run.opening.key}))
    assert holder(tracking_uri(), "facades", "challenger").number == 1


def test_the_other_direction_is_no_score_of_the_same_pictures():
    scored(l1=0.5)
    ours = holder(tracking_uri(), "facades", "challenger").data
    scored(params=settings({"data.direction": "left_to_right"}), l1=0.5)
    assert holder(tracking_uri(), "facades", "challenger").data == "d" * 16 + ", left_to_right" != ours


def test_scores_that_did_not_arrive_take_no_others_place(capsys):
    scored(l1=0.5)
    capsys.readouterr()
    scored(table=None, l1=0.25)
    assert holder(tracking_uri(), "facades", "challenger").scores == {"l1": 0.5}
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("damage", ["absent", "no table"])
def test_scores_that_are_gone_are_named(damage):
    evaluation = scored(l1=0.5)
    place = MlflowClient(tracking_uri()).get_run(evaluation).info.artifact_uri
    table = Path(place.removeprefix("file://"), "per_image.csv")
    if damage == "absent":
        table.unlink()
    else:
        table.write_bytes(b"")
    with pytest.raises(
        UserError,
        match=rf"facades version 1: cannot read its scores from the evaluation run {evaluation} .* scores it again$",
    ):
        holder(tracking_uri(), "facades", "challenger")


def test_a_challenger_that_came_meanwhile_stays_one(tiny_model):
    scored(l1=0.5)
    seen = holder(tracking_uri(), "facades", "challenger")
    with training_run(PARAMS, "2" * 16) as run:
        run.generator(tiny_model)
    scored("2" * 16, l1=0.25)
    promote(tracking_uri(), seen)
    assert [holder(tracking_uri(), "facades", alias).number for alias in ("champion", "challenger")] == [1, 2]


def test_two_evaluations_at_once_make_one_version(monkeypatch):
    """The one that comes second would have looked for the version before the first one made it."""
    search = MlflowClient.search_model_versions

    def slow(self, *words):
        found = search(self, *words)
        time.sleep(1)
        return found

    monkeypatch.setattr(MlflowClient, "search_model_versions", slow)
    with evaluation_run(PARAMS, "1" * 16) as (one, training), evaluation_run(PARAMS, "1" * 16) as (other, again):
        for run in (one, other):
            run.table(TABLE, "per_image.csv")
        with ThreadPoolExecutor() as both:
            list(
                both.map(
                    lambda run, *scored: run.challenge(*scored), (training, again), (one, other), ("facades", "facades")
                )
            )
    assert len(search(MlflowClient(tracking_uri()), "name = 'facades'")) == 1


def test_a_store_that_is_not_there_is_not_made(monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "empty"))
    with pytest.raises(UserError, match=r"there is no MLflow store at .*empty/mlflow.db yet"):
        holder(tracking_uri(), "facades", "champion")
    assert not (tmp_path / "empty").exists()


def test_a_store_that_fails_is_one_line(tmp_path):
    (tmp_path / "broken.db").write_bytes(b"no database")
    with pytest.raises(UserError, match=r"MLflow at sqlite:///.*broken.db: ") as caught:
        holder(f"sqlite:///{tmp_path / 'broken.db'}", "facades", "champion")
    assert "\n" not in str(caught.value)


def test_a_model_whose_logging_was_killed_is_logged_again(tiny_model):
    with training_run(PARAMS, "1" * 16) as run:
        client = MlflowClient(tracking_uri())
        (first,) = client.get_run(run.id).outputs.model_outputs
        place = client.get_logged_model(first.model_id).artifact_location.removeprefix("file://")
        Path(place, "artifacts/generator/about.json").unlink()
        run.generator(tiny_model)
    scored(l1=0.5)
    assert client.get_model_version("facades", "1").source != f"models:/{first.model_id}"
