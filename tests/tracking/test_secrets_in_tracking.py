"""Addresses with passwords and tokens: none is printed, none is sent to MLflow."""

import os
from argparse import Namespace
from pathlib import Path

import mlflow
import pytest
from conftest import settings
from mlflow.tracking import MlflowClient
from tracked import training_run

from pix2pix.base.errors import UserError, give_up, one_line
from pix2pix.commands import sync
from pix2pix.pipeline import workspace
from pix2pix.tracking import missed
from pix2pix.tracking.provenance import provenance
from pix2pix.tracking.results import judged, summarise
from pix2pix.tracking.runs import evaluation_run
from pix2pix.tracking.store import asked, tracking_uri

ONE = "1" * 16
SECRETS = ("maria", "hunter2", "t0ken")
# Nothing listens at port 1. The driver of PostgreSQL need not be there.
ADDRESSES = [
    "http://maria:hunter2@127.0.0.1:1",
    "http://127.0.0.1:1/?token=t0ken",
    "postgresql://maria:hunter2@127.0.0.1:1/mlflow",
    "nonsense://maria:hunter2@host",
]


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "home"))
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    yield tmp_path / "home"
    mlflow.set_tracking_uri(None)
    os.environ.pop("MLFLOW_TRACKING_URI", None)


def shows_none(text):
    return not [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_store_that_fails_is_told_without_them(monkeypatch, capfd, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    with training_run(settings(), ONE) as run:
        run.metrics({"loss": 1.0}, 1)
    said = []
    for call in (
        lambda: summarise("abc", {"ssim": 0.5}, ONE, "e"),
        lambda: judged({}, "", 3, ONE, "e"),
        lambda: asked(tracking_uri(), lambda client: client.search_experiments()),
        lambda: sync.run(Namespace()),
    ):
        with pytest.raises(UserError) as caught:
            call()
        said.append(str(caught.value))
    whole = "".join([*said, *capfd.readouterr()])
    assert "MLflow at " in whole and shows_none(whole)


def test_what_is_sent_to_mlflow_or_kept_for_it_has_none(home, monkeypatch):
    monkeypatch.setenv("PIX2PIX_COMMAND", "pix2pix run x --data.url https://maria:hunter2@host/a.tar?token=t0ken")
    text = "url: https://maria:hunter2@host/a.tar\nmirror: https://host/a.tar?sig=t0ken\n"
    with training_run(settings(), ONE) as run:
        run.params({"where": "https://maria:hunter2@host/"})
        run.tags(provenance() | {"from": "https://host/?api_key=t0ken"})
        run.text(text, "params.yaml")
    found = MlflowClient(tracking_uri()).get_run(run.id)
    place = Path(found.info.artifact_uri.removeprefix("file://"))
    logged = (place / "params.yaml").read_text()
    assert "host/a.tar" in logged and "***" in found.data.tags["command"]
    assert shows_none(f"{found.data.params} {found.data.tags} {logged}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://maria:hunter2@127.0.0.1:1")
    with evaluation_run(settings(), ONE) as (run, _):
        run.text(text, "params.yaml")
    kept = [path for path in missed.folder().rglob("*") if path.is_file()]
    assert kept and shows_none("".join(path.read_text(errors="replace") for path in kept))
    assert home.is_dir()


def test_the_train_stage_sends_its_parameters_as_text():
    """A file would go as it is."""
    stage = (Path(workspace.__file__).parents[3] / "stages/train.py").read_text(encoding="utf-8")
    assert "run.text(" in stage and "run.files(" not in stage


def test_a_long_error_is_not_cut_in_the_middle_of_one():
    assert shows_none(one_line("x " * 85 + "https://maria:hunter2" + "a" * 60 + "@host/"))


def test_an_error_for_people_has_none(capsys):
    with pytest.raises(SystemExit):
        give_up(UserError("https://maria:hunter2@host/: no such host\nhttps://host/?token=t0ken: neither"))
    err = capsys.readouterr().err
    assert shows_none(err) and err.count("***") == 2
