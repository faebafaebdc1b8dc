import shutil
import threading

import made_instances
import pytest
from tiny import save_generator

from pix2pix.app import models
from pix2pix.app.models import Choice, Models
from pix2pix.base.errors import UserError
from pix2pix.models.translator import Translator


class Catalogue:
    """Models in a folder; `loads` are the names of those that were loaded, in order."""

    def __init__(self, folder):
        self.folder, self.loads, self.made, self.others, self.down = folder, [], {}, [], ""
        self.first = Choice(str(folder / "generator"), "generator")

    def in_folders(self):
        return [Choice(str(path), path.name) for path in sorted(self.folder.iterdir()) if path.name != "secret"]

    def in_mlflow(self):
        if self.down:
            raise UserError(self.down)
        return self.others

    def load(self, name):
        self.loads.append(name)
        return Translator.load(self.folder / name)

    def version(self, name):
        return self.made.get(name, 0)


@pytest.fixture
def catalogue(tmp_path, tiny_model):
    for name in ("generator", "l1", "l10", "l9"):
        shutil.copytree(tiny_model, tmp_path / "models" / name)
    return Catalogue(tmp_path / "models")


def test_all_models_are_offered_the_first_one_first_and_once(catalogue):
    choices, why = Models(catalogue).choices()
    assert ([words for _, words in choices], why) == (["generator", "l1", "l10", "l9"], "")
    catalogue.first = Choice("models:/facades/1", "named")
    catalogue.others = [Choice("models:/facades/2", "facades v2"), Choice("models:/facades/1", "facades v1")]
    choices, _ = Models(catalogue).choices()
    assert [words for _, words in choices] == ["named", "generator", "l1", "l10", "l9", "facades v2"]


def test_mlflows_are_offered_and_when_it_is_down_the_others_are(catalogue):
    found = Choice("models:/facades/1", "facades v1")
    offered = Models(catalogue)
    catalogue.others = [found]
    assert offered.choices()[0][-1] == found and offered.words(found.name) == "facades v1"
    catalogue.down = "it is down"
    choices, why = offered.choices()
    assert (len(choices), why) == (4, "it is down")


def test_only_what_is_offered_is_loaded(catalogue):
    offered = Models(catalogue)
    secret = save_generator(catalogue.folder / "secret")
    for name in (str(secret), "../secret", "/etc", "", "models:/facades/1", "a\nb"):
        with pytest.raises(UserError, match="is not offered") as refused:
            offered.get(name)
        assert "\n" not in str(refused.value)
    assert catalogue.loads == []


def test_a_model_that_was_offered_once_is_not_refused_later(catalogue, tmp_path):
    offered = Models(catalogue)
    shutil.move(catalogue.folder / "l9", tmp_path / "l9")
    assert "l9" not in [words for _, words in offered.choices()[0]]
    with pytest.raises(UserError, match="model folder"):  # it is asked for, and is gone
        offered.get(str(catalogue.folder / "l9"))


def test_a_model_is_loaded_when_it_is_asked_for_and_kept(catalogue, monkeypatch):
    monkeypatch.setattr(models, "KEPT", 2)
    offered = Models(catalogue)
    assert catalogue.loads == []
    one, two, three, _ = [name for name, _ in offered.choices()[0]]
    first = offered.get(one)
    assert offered.get(one) is first
    offered.get(two)
    offered.get(one)
    offered.get(three)  # the second one was used longest ago
    assert offered.get(one) is first
    assert catalogue.loads == [one, two, three]
    offered.get(two)
    assert catalogue.loads == [one, two, three, two]


def test_a_model_that_was_made_anew_is_loaded_anew(catalogue):
    offered = Models(catalogue)
    before = offered.get(offered.first.name)
    catalogue.made[offered.first.name] = 1
    after = offered.get(offered.first.name)
    assert after is not before and after is offered.get(offered.first.name) and len(catalogue.loads) == 2


def test_a_loaded_model_answers_while_its_name_stands_for_none(catalogue):
    """`dvc repro` removes a model's folder, and makes it anew hours later."""
    offered = Models(catalogue)
    name = offered.first.name
    before = offered.get(name)
    catalogue.made[name] = 1
    newer = offered.get(name)
    catalogue.made[name] = None
    shutil.rmtree(name)
    assert offered.get(name) is newer is not before and len(catalogue.loads) == 2
    catalogue.made[str(catalogue.folder / "l1")] = None
    assert offered.get(str(catalogue.folder / "l1")).task.input.width == 32, "one that was not loaded is tried"


def test_a_model_that_was_made_anew_takes_the_place_of_the_old_one(catalogue, monkeypatch):
    monkeypatch.setattr(models, "KEPT", 2)
    offered = Models(catalogue)
    one, two, *_ = [name for name, _ in offered.choices()[0]]
    kept = offered.get(one)
    for catalogue.made[two] in range(3):
        offered.get(two)
    assert offered.get(one) is kept


def test_two_that_list_at_once_drop_no_model(catalogue):
    """A second listing comes while the first one adds its models to those that are offered."""

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            if not others:
                catalogue.others = [Choice("models:/facades/2", "facades v2")]
                others.append(threading.Thread(target=offered.choices))
                others[0].start()
                others[0].join(0.2)
            return str.__eq__(self, other)

    others, offered = [], Models(catalogue)
    catalogue.others = [Choice("models:/facades/1", "facades v1")]
    offered.choices()
    catalogue.others = [Choice(Name("models:/facades/1"), "facades v1")]
    offered.choices()
    others[0].join()
    assert offered.words("models:/facades/2") == "facades v2"


def test_two_that_ask_at_once_load_it_once(catalogue):
    offered = Models(catalogue)
    got = []
    threads = [threading.Thread(target=lambda: got.append(offered.get(offered.first.name))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4 and len(set(map(id, got))) == 1 and len(catalogue.loads) == 1


def test_a_damaged_model_is_told_and_the_others_work(catalogue):
    offered = Models(catalogue)
    (catalogue.folder / "l1/model.weights.h5").write_bytes(b"x")
    with pytest.raises(UserError, match="damaged"):
        offered.get(str(catalogue.folder / "l1"))
    assert offered.get(offered.first.name).task.input.width == 32


def test_a_model_that_reads_instance_maps_is_refused_in_a_line(catalogue):
    made_instances.save_generator(catalogue.folder / "instances")
    offered = Models(catalogue)
    with pytest.raises(UserError) as caught:
        offered.translator(str(catalogue.folder / "instances"))
    assert str(caught.value) == (
        "instances: reads instance maps, which the page cannot draw; use `pix2pix predict --instances`"
    )
