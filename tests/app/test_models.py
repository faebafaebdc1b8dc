import shutil
import threading
from pathlib import Path

import pytest
from tiny import save_generator

from pix2pix.app import models
from pix2pix.app.models import Choice, Models
from pix2pix.base.errors import UserError
from pix2pix.base.files import read_json, write_json
from pix2pix.commands import model


@pytest.fixture
def project(tmp_path, monkeypatch, tiny_model):
    """A checkout with its own model and two beside it."""
    for name in ("models/generator", "models/beside/l1", "models/beside/l10", "models/beside/l9"):
        shutil.copytree(tiny_model, tmp_path / name)
    (tmp_path / "models/beside/README.md").touch()
    (tmp_path / "models/beside/no model").mkdir()
    monkeypatch.setattr(models, "CHECKOUT", tmp_path)
    monkeypatch.setattr(models, "BESIDE", tmp_path / "models/beside")
    monkeypatch.setattr(model, "OWN", tmp_path / "models/generator")
    monkeypatch.setattr(models, "_in_mlflow", list)
    return tmp_path


@pytest.fixture
def loads(monkeypatch):
    """The names of the models that were loaded, in order."""
    done = []
    load = model.load
    monkeypatch.setattr(model, "load", lambda name: (done.append(name or str(model.OWN)), load(name))[1])
    return done


def test_the_projects_models_are_offered_its_own_first(project):
    choices, why = Models(None).choices()
    assert [words for _, words in choices] == [
        "models/generator", "models/beside/l1", "models/beside/l9", "models/beside/l10"
    ] and why == ""  # fmt: skip
    assert [Path(name) for name, _ in choices] == [project / words for _, words in choices]


def test_the_one_that_was_named_comes_first_and_once(project, tmp_path):
    named = str(project / "models/beside/l9")
    choices, _ = Models(named).choices()
    assert choices[0] == Choice(named, "models/beside/l9") and len({name for name, _ in choices}) == len(choices) == 4
    elsewhere = save_generator(tmp_path / "elsewhere")
    assert Models(str(elsewhere)).first.name == str(elsewhere)
    assert Models("models:/facades/1").first == Choice("models:/facades/1", "models:/facades/1")


@pytest.mark.usefixtures("project")
def test_mlflows_are_offered_and_when_it_is_down_the_others_are(monkeypatch):
    found = Choice("models:/facades/1", "facades v1")
    offered = Models(None)
    monkeypatch.setattr(models, "_in_mlflow", lambda: [found])
    assert offered.choices()[0][-1] == found

    def down():
        raise UserError("it is down")

    monkeypatch.setattr(models, "_in_mlflow", down)
    choices, why = offered.choices()
    assert (len(choices), why) == (4, "it is down")


def test_without_a_store_mlflow_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(models, "home", lambda: tmp_path)
    assert models._in_mlflow() == []
    assert not (tmp_path / "mlflow.db").exists()


def test_only_what_is_offered_is_loaded(project, loads):
    offered = Models(None)
    secret = save_generator(project / "secret")
    (project / "models/beside/no model/x").touch()
    for name in (str(secret), "../secret", "/etc", "", "models:/facades/1", str(project / "models/beside/no model")):
        with pytest.raises(UserError, match="is not offered"):
            offered.get(name)
    assert loads == []


@pytest.mark.usefixtures("project")
def test_a_model_is_loaded_when_it_is_asked_for_and_kept(loads, monkeypatch):
    monkeypatch.setattr(models, "KEPT", 2)
    offered = Models(None)
    assert loads == []
    one, two, three, _ = [name for name, _ in offered.choices()[0]]
    first = offered.get(one)
    assert offered.get(one) is first
    offered.get(two)
    offered.get(one)
    offered.get(three)  # the second one was used longest ago
    assert offered.get(one) is first
    assert loads == [one, two, three]
    offered.get(two)
    assert loads == [one, two, three, two]


def test_a_folder_that_was_made_anew_is_loaded_anew(project, loads):
    offered = Models(None)
    before = offered.get(offered.first.name)
    about = project / "models/generator/about.json"
    write_json(about, read_json(about) | {"epoch": 9})
    after = offered.get(offered.first.name)
    assert after is not before and after.about.epoch == 9 and len(loads) == 2


@pytest.mark.usefixtures("project")
def test_two_that_ask_at_once_load_it_once(loads):
    offered = Models(None)
    got = []
    threads = [threading.Thread(target=lambda: got.append(offered.get(offered.first.name))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4 and len(set(map(id, got))) == 1 and len(loads) == 1


def test_a_damaged_model_is_told_and_the_others_work(project):
    offered = Models(None)
    (project / "models/beside/l1/model.weights.h5").write_bytes(b"x")
    with pytest.raises(UserError, match="damaged"):
        offered.get(str(project / "models/beside/l1"))
    assert offered.get(offered.first.name).task.input.width == 32
