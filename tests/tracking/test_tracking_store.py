"""The address of MLflow's store, and the words for a store that fails."""

import pytest

from pix2pix.base.errors import UserError
from pix2pix.tracking import store


@pytest.mark.parametrize(
    "uri", [" ", "\t", "x", "./mlruns", "://", "://x", "http://", "http:// x", "sqlite://", "sqlite:///"]
)
def test_what_is_no_address_is_a_line_that_says_what_is_one(monkeypatch, tmp_path, uri):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(UserError, match=rf"no address of a store: unset it for {tmp_path}/mlflow.db, or set it to"):
        store.tracking_uri()
    assert store.shown_uri().strip()


@pytest.mark.parametrize(
    "uri", ["http://h:5000", "https://a:b@h/x", "sqlite:///x.db", "postgresql://h/db", "databricks"]
)
def test_addresses_stay_as_they_are(monkeypatch, uri):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert store.tracking_uri() == uri


@pytest.mark.parametrize("variable", ["", None])
def test_without_an_address_the_store_is_in_the_home(monkeypatch, tmp_path, variable):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", variable or "")
    assert store.tracking_uri() == f"sqlite:///{tmp_path}/mlflow.db"


@pytest.mark.parametrize("content", ["garbage", "cut"])
def test_a_damaged_file_is_named_with_its_cure(home_with_store, content):
    path = home_with_store / "mlflow.db"
    whole = path.read_bytes()
    path.write_bytes(b"no database" * 1000 if content == "garbage" else whole[: len(whole) // 2])
    with pytest.raises(UserError) as caught:
        store.asked(store.tracking_uri(), lambda client: client.search_experiments())
    said = str(caught.value)
    assert "\n" not in said and str(path) in said
    assert "move it away" in said and f"what {home_with_store / 'missed'} holds" in said


def test_the_cure_works(home_with_store):
    """The file is moved away; what waits then goes into a new store."""
    from conftest import settings
    from tracked import training_run

    from pix2pix.tracking import missed

    path = home_with_store / "mlflow.db"
    path.write_bytes(b"no database" * 1000)
    with training_run(settings(), "1" * 16) as run:
        run.metrics({"loss": 1.0}, 1)
    path.rename(home_with_store / "damaged.db")
    assert missed.kept() and missed.send() == 1 and not missed.kept()
    client = store.MlflowClient(store.tracking_uri())
    experiments = [each.experiment_id for each in client.search_experiments()]
    assert [run.data.metrics["loss"] for run in client.search_runs(experiments)] == [1.0]
