import pytest
from tiny import save_generator

from pix2pix.base.errors import DataError
from pix2pix.evaluation import compared_models
from pix2pix.models.translator import Translator
from pix2pix.params import Data

WANTED = Data(image_size=32)


def test_every_folder_is_a_generator_under_its_name(tmp_path):
    (tmp_path / "README.md").write_text("words", encoding="utf-8")
    assert compared_models.load(tmp_path, WANTED, Translator) == {}
    save_generator(tmp_path / "l1")
    save_generator(tmp_path / "cgan")
    found = compared_models.load(tmp_path, WANTED, Translator)
    assert list(found) == ["cgan", "l1"]
    assert found["l1"].task.input.shape == (32, 32, 3)


def test_one_that_was_made_for_something_else_is_refused(tmp_path):
    save_generator(tmp_path / "l1", direction="left_to_right")
    with pytest.raises(DataError, match=r"l1: cannot be scored beside the model.*halves input: left, target: right"):
        compared_models.load(tmp_path, WANTED, Translator)


def test_a_folder_that_is_no_generator_is_refused(tmp_path):
    (tmp_path / "notes").mkdir()
    with pytest.raises(DataError, match=r"notes: cannot be scored beside the model, take it out: .*not a model folder"):
        compared_models.load(tmp_path, WANTED, Translator)


def test_the_names_of_other_subjects_are_taken(tmp_path):
    save_generator(tmp_path / "real")
    with pytest.raises(DataError, match="real is a subject of every evaluation"):
        compared_models.load(tmp_path, WANTED, Translator)


def test_a_linked_folder_is_refused_because_dvc_does_not_watch_it(tmp_path):
    (tmp_path / "beside").mkdir()
    save_generator(tmp_path / "elsewhere")
    (tmp_path / "beside/l1").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"beside/l1: a link, and DVC does not notice changes .*`cp -rL`"):
        compared_models.load(tmp_path / "beside", WANTED, Translator)
