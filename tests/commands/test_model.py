"""Which name means which model, and which models there are; tracking/ tests what MLflow makes of an address."""

import shutil
from pathlib import Path

import pytest
from tiny import save_generator

from pix2pix.app.models import Choice
from pix2pix.base.errors import DataError
from pix2pix.base.files import read_json, write_json
from pix2pix.commands import model
from pix2pix.commands.model import Catalogue
from pix2pix.models.translator import Translator
from pix2pix.tracking import model as tracking
from pix2pix.tracking import registry
from pix2pix.tracking.store import tracking_uri

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
        ("@champion", "models:/facades@champion"),
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
    with pytest.raises(DataError, match="not a folder, not an address such as models:/NAME/1 or @champion, and not "):
        model.load(name)
    assert not fetched


def test_without_a_name_it_is_the_checkouts_model(tmp_path, monkeypatch, tiny_model, capsys):
    monkeypatch.setattr(model, "OWN", tmp_path / "models/generator")
    with pytest.raises(DataError, match="models/generator: there is no model yet; `dvc repro` makes it"):
        model.load(None)
    shutil.copytree(tiny_model, tmp_path / "models/generator")
    assert model.load(None).task.input.width == 32
    assert capsys.readouterr().err.startswith(f"model {tmp_path / 'models/generator'}, fingerprint ")


def test_damage_is_told_with_the_address(monkeypatch, tmp_path):
    monkeypatch.setattr(tracking, "fetch_generator", lambda *_: tmp_path)
    with pytest.raises(DataError, match=r"models:/facades/1: .*: not a model folder"):
        model.load("models:/facades/1")


@pytest.fixture
def project(tmp_path, monkeypatch, tiny_model):
    """A checkout with its own model and three beside it."""
    for name in ("models/generator", "models/beside/l1", "models/beside/l10", "models/beside/l9"):
        shutil.copytree(tiny_model, tmp_path / name)
    (tmp_path / "models/beside/README.md").touch()
    (tmp_path / "models/beside/no model").mkdir()
    monkeypatch.setattr(model, "CHECKOUT", tmp_path)
    monkeypatch.setattr(model, "OWN", tmp_path / "models/generator")
    monkeypatch.setattr(model, "BESIDE", tmp_path / "models/beside")
    return tmp_path


def test_the_projects_models_are_listed_its_own_first(project):
    choices = Catalogue(None).in_folders()
    assert [words for _, words in choices] == [
        "models/generator", "models/beside/l1", "models/beside/l9", "models/beside/l10"
    ]  # fmt: skip
    assert [Path(name) for name, _ in choices] == [project / words for _, words in choices]
    assert Catalogue(None).first == choices[0]
    (project / "models/back").mkdir()
    (project / "models/back/about.json").write_text('{"absent": "one direction"}')
    assert Catalogue(None).in_folders() == choices
    shutil.rmtree(project / "models/back")
    shutil.copytree(project / "models/generator", project / "models/back")
    assert [words for _, words in Catalogue(None).in_folders()][:2] == ["models/generator", "models/back"]
    shutil.rmtree(project / "models")
    assert Catalogue(None).in_folders() == []


def test_the_first_model_is_the_one_that_was_named(project, tmp_path_factory):
    named = str(project / "models/beside/l9")
    assert Catalogue(named).first == Choice(named, "models/beside/l9")
    elsewhere = str(save_generator(tmp_path_factory.mktemp("elsewhere") / "model"))
    assert Catalogue(elsewhere).first == Choice(elsewhere, elsewhere)
    assert Catalogue("models:/facades/1").first == Choice("models:/facades/1", "models:/facades/1")


def test_a_listed_model_can_be_loaded_by_its_name(project, fetched, tiny_model):
    catalogue = Catalogue(None)
    digest = Translator.load(tiny_model).digest()
    for choice in [*catalogue.in_folders(), Choice("models:/facades/1", "")]:
        assert catalogue.load(choice.name).digest() == digest
    assert len(fetched) == 1
    shutil.rmtree(project / "models/generator")
    with pytest.raises(DataError, match="there is no model yet; `dvc repro` makes it"):
        catalogue.load(catalogue.first.name)


def test_a_model_that_is_made_anew_has_another_version(project):
    catalogue = Catalogue(None)
    before = catalogue.version(catalogue.first.name)
    about = project / "models/generator/about.json"
    write_json(about, read_json(about) | {"epoch": 9})
    assert catalogue.version(catalogue.first.name) != before
    assert catalogue.version("models:/facades/1") == 0


def test_a_model_whose_folder_is_gone_has_no_version_and_keeps_its_words(project):
    catalogue = Catalogue(None)
    shutil.rmtree(project / "models/generator")
    assert catalogue.version(catalogue.first.name) is None
    assert catalogue.first.words == "models/generator"


def test_the_version_of_an_alias_is_its_number_and_is_not_asked_for_at_every_call(monkeypatch):
    asked = []

    def number(uri, address):
        asked.append((uri, address))
        if len(asked) == 2:
            raise DataError("MLflow is down")
        return len(asked)

    monkeypatch.setattr(registry, "number", number)
    catalogue = Catalogue("@champion")
    assert [catalogue.version("@champion") for _ in range(3)] == [1, 1, 1]
    assert asked == [(tracking_uri(), "models:/facades@champion")]
    monkeypatch.setattr(model, "ASK_AFTER", -1)
    assert catalogue.version("@champion") == 1, "MLflow does not answer"
    assert catalogue.version("@champion") == 3


def test_without_a_store_mlflow_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(model, "home", lambda: tmp_path)
    assert Catalogue(None).in_mlflow() == []
    assert not (tmp_path / "mlflow.db").exists()


def test_mlflows_models_are_the_registered_ones_and_those_of_runs(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///x.db")
    monkeypatch.setattr(registry, "versions", lambda uri, name: [registry.Found(f"models:/{name}/1", uri)])
    monkeypatch.setattr(registry, "logged", lambda _: [registry.Found("models:/m-1", "run one")])
    uri = tracking_uri()
    assert Catalogue(None).in_mlflow() == [Choice("models:/facades/1", uri), Choice("models:/m-1", "run one")]
