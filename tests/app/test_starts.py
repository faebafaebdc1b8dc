import numpy as np
import pytest
from tiny import save_generator

from pix2pix.app import starts
from pix2pix.data.labels import CMP, palette
from pix2pix.data.samples.facades import draw_pair
from pix2pix.models.translator import Translator

BACKWARDS = {name: [200 - 10 * number, 0, 10 * number] for number, name in enumerate(reversed(CMP.names))}


@pytest.fixture
def translator(tmp_path):
    """A model's translator, from what its folder says of it."""
    return lambda **about: Translator.load(save_generator(tmp_path / "model", **about))


def test_the_bare_wall_is_the_facade_or_else_the_first_class():
    assert CMP.names[starts.ground(CMP)] == "facade"
    assert starts.ground(palette({"road": (0, 0, 0), "tree": (0, 255, 0)})) == 0


def test_a_house_is_the_built_in_one_in_the_models_size(translator):
    drawn = draw_pair(starts.SEED, 3)[1]
    picture = starts.house(translator(), 3)
    assert picture.shape == (32, 32, 3) and picture.dtype == np.uint8
    assert {tuple(colour) for colour in picture.reshape(-1, 3)} <= {tuple(colour) for colour in drawn.reshape(-1, 3)}
    assert np.array_equal(picture, drawn[4::8, 4::8]), "the middle pixel of each 8x8"
    assert not np.array_equal(starts.house(translator(), 4), picture)


def test_a_house_is_in_the_models_own_colours(translator):
    theirs = translator(palette=BACKWARDS)
    names = [CMP.names[number] for number in CMP.classes(starts.house(translator(), 0)).ravel()]
    got = [tuple(colour) for colour in starts.house(theirs, 0).reshape(-1, 3).tolist()]
    assert starts.has_houses(theirs)
    assert got == [tuple(BACKWARDS[name]) for name in names]


def test_a_model_that_takes_photos_gets_photos(translator):
    taking = translator(direction="left_to_right")
    assert starts.has_houses(taking)
    photo = draw_pair(starts.SEED, 0)[0]
    difference = starts.house(taking, 0).mean((0, 1)) - photo.mean((0, 1))
    assert np.abs(difference).max() < 3


def test_there_are_no_houses_of_other_classes_or_of_none(translator):
    assert not starts.has_houses(translator(palette="none"))
    assert not starts.has_houses(translator(palette={"road": [0, 0, 0], "tree": [0, 255, 0]}))
