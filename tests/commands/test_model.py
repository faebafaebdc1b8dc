"""Which name means which model; what MLflow makes of an address, tracking/test_runs.py tries."""

import shutil
from pathlib import Path

import pytest
from tiny import save_generator

from pix2pix.base.errors import DataError
from pix2pix.commands import model
from pix2pix.models.translator import Translator
from pix2pix.tracking import model as tracking
from pix2pix.tracking.runs import tracking_uri

RUN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def fetched(monkeypatch, tiny_model):
    """What MLflow is asked for; it has the tiny model under every address."""
    asked = []

    def fetch(uri, address, scratch):
        asked.append((uri, address, scratch))
        return Path(shutil.copytree(tiny_model, scratch / "artifacts/generator"))

    monkeypatch.setattr(tracking, "fetch_generator", fetch)
    return asked


def test_a_folder_is_itself_and_is_said(tiny_model, fetched, capsys):
    assert model.load(str(tiny_model)).digest() == Translator.load(tiny_model).digest()
    assert not fetched
    assert capsys.readouterr() == ("", f"model {tiny_model}, fingerprint 0123456789abcdef\n")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("models:/facades/1", "models:/facades/1"),
        ("models:/facades@champion", "models:/facades@champion"),
        (f"runs:/{RUN}/generator", f"runs:/{RUN}/generator"),
        (RUN, f"runs:/{RUN}/generator"),
    ],
)
def test_addresses_and_run_ids_are_mlflows_and_leave_nothing_behind(fetched, tiny_model, capsys, name, address):
    assert model.load(name).digest() == Translator.load(tiny_model).digest()
    ((uri, asked, scratch),) = fetched
    assert (uri, asked) == (tracking_uri(), address)
    assert not scratch.exists()
    assert capsys.readouterr().err == f"model {address}, fingerprint 0123456789abcdef\n"


def test_a_folder_comes_before_a_run_of_its_name(tmp_path, monkeypatch, fetched):
    monkeypatch.chdir(tmp_path)
    save_generator(Path(RUN))
    model.load(RUN)
    assert not fetched


@pytest.mark.parametrize("name", ["absent", RUN[:-1], RUN.upper(), "models/facades/1", "https://host/model"])
def test_what_is_none_of_them_is_refused(tmp_path, monkeypatch, fetched, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="not a folder, not an address such as models:/NAME/1, and not the id"):
        model.load(name)
    assert not fetched


def test_without_a_name_it_is_the_checkouts_model(tmp_path, monkeypatch, tiny_model, capsys):
    monkeypatch.setattr(model, "OWN", tmp_path / "models/generator")
    with pytest.raises(DataError, match="models/generator: there is no model yet; `dvc repro` makes it"):
        model.load(None)
    shutil.copytree(tiny_model, tmp_path / "models/generator")
    assert model.load(None).size == 32
    assert capsys.readouterr().err.startswith(f"model {tmp_path / 'models/generator'}, fingerprint ")


def test_damage_is_told_with_the_address(monkeypatch, tmp_path):
    monkeypatch.setattr(tracking, "fetch_generator", lambda *_: tmp_path)
    with pytest.raises(DataError, match=r"models:/facades/1: .*: not a model folder"):
        model.load("models:/facades/1")
