"""What MLflow is said to have. That the addresses lead to the models, test_runs.py tries."""

import mlflow
import pytest
from mlflow.tracking import MlflowClient

from pix2pix.base.errors import UserError
from pix2pix.tracking import registry
from pix2pix.tracking.registry import Found, logged, number, versions


@pytest.fixture
def store(tmp_path):
    """An empty store: its address, and MLflow's client of it."""
    before = mlflow.get_tracking_uri()
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    mlflow.set_tracking_uri(uri)  # what a new version is of, MLflow looks up there
    yield uri, MlflowClient(uri)
    mlflow.set_tracking_uri(before)


def log(client, run_name, name="generator"):
    """A run with a model of no files: the ids of both."""
    experiment = client.get_experiment_by_name("e")
    experiment = experiment.experiment_id if experiment else client.create_experiment("e")
    run = client.create_run(experiment, run_name=run_name).info.run_id
    return run, client.create_logged_model(experiment, name=name, source_run_id=run).model_id


def test_an_empty_store_has_none(store):
    assert versions(store[0], "facades") == [] and logged(store[0]) == []


def test_versions_come_newest_first_with_their_aliases(store):
    uri, client = store
    client.create_registered_model("facades")
    client.create_registered_model("facades-old")
    for each in range(11):
        client.create_model_version("facades", f"file:///somewhere/{each}")
    client.create_model_version("facades-old", "file:///elsewhere")
    client.set_registered_model_alias("facades", "champion", "3")
    client.set_registered_model_alias("facades", "best", "3")
    client.set_registered_model_alias("facades", "new", "11")
    found = versions(uri, "facades")
    assert [address for address, _ in found] == [f"models:/facades/{each}" for each in range(11, 0, -1)]
    assert found[0].words == "facades v11 (new)"
    assert found[8:] == [
        Found("models:/facades/3", "facades v3 (best, champion)"),
        Found("models:/facades/2", "facades v2"),
        Found("models:/facades/1", "facades v1"),
    ]


def test_the_newest_logged_generators_come_with_their_runs(store, monkeypatch):
    uri, client = store
    monkeypatch.setattr(registry, "NEWEST", 2)
    log(client, "oldest")
    log(client, "segmenter", name="segmenter")
    (gone, orphan), (_, newest) = log(client, "deleted"), log(client, "newest")
    client.delete_run(gone)
    found = logged(uri)
    assert [address for address, _ in found] == [f"models:/{newest}", f"models:/{orphan}"]
    assert found[0].words == "run newest"
    _, back = log(client, "two ways", name="back")
    assert logged(uri)[0] == Found(f"models:/{back}", "run two ways, back")


def test_an_alias_has_the_number_of_its_version(store):
    uri, client = store
    client.create_registered_model("facades")
    for _ in range(2):
        client.create_model_version("facades", "file:///somewhere")
    for given in (1, 2):
        client.set_registered_model_alias("facades", "champion", str(given))
        assert number(uri, "models:/facades@champion") == given
    with pytest.raises(UserError, match="other"):
        number(uri, "models:/facades@other")


@pytest.mark.parametrize(
    "ask", [lambda uri: versions(uri, "facades"), logged, lambda uri: number(uri, "models:/facades@champion")]
)
def test_a_store_that_does_not_answer_is_told(tmp_path, ask):
    (tmp_path / "mlflow.db").write_bytes(b"no data base" * 100)
    with pytest.raises(UserError, match=r"^MLflow at sqlite:///.*mlflow\.db: "):
        ask(f"sqlite:///{tmp_path / 'mlflow.db'}")
