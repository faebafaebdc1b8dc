"""What the keys of colourisation may say, and what nobody has to say."""

import pytest
from ruamel.yaml import YAML

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import Data, recipes
from pix2pix.params.file import DEFAULTS


def checked(**changes):
    """The shipped file with the task and `changes` by path, checked."""
    content = YAML(typ="safe", pure=True).load(DEFAULTS.read_text(encoding="utf-8"))
    for path, value in ({"data.task": "colourise"} | changes).items():
        section, _, key = path.partition(".")
        content[section][key] = value
    return params.check(content)


def test_the_task_alone_says_enough():
    data = checked().data
    assert (data.palette, data.input_channels, data.target_channels, data.label_field) == ("none", 1, 3, None)
    assert data.single and data.halved


@pytest.mark.parametrize(
    ("dataset", "direction"),
    [
        ("facades", "right_to_left"),  # the target is the left half: the photo
        ("sample", "right_to_left"),
        ("cityscapes", "right_to_left"),
        ("maps", "right_to_left"),  # the aerial photo, not the map
        ("night2day", "right_to_left"),  # the photo by day
        ("edges2shoes", "left_to_right"),
    ],
)
def test_the_target_is_the_photo_of_a_known_pair_whatever_the_direction(dataset, direction):
    for said in ("auto", "left_to_right", "right_to_left"):
        assert checked(**{"data.dataset": dataset, "data.direction": said}).data.direction == direction


def test_a_folder_of_photos_needs_no_keys_about_halves():
    data = checked(**{"data.dataset": "custom", "data.path": "tests"}).data
    assert data.single and not data.halved


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("palette", "cmp", "none, because data.task: colourise has no label maps"),
        ("inputs", "A", "null, because an example of data.task: colourise is one picture"),
        ("input_channels", 4, "1, because with data.task: colourise the input is the photo's grey"),
        ("target_channels", 1, "3, because with data.task: colourise the target is the photo's colours"),
        ("input_bits", 16, "8, because with data.task: colourise the input is made of the target"),
    ],
)
def test_what_makes_no_sense_is_refused(key, value, words):
    with pytest.raises(ParamsError, match=f"data.{key} = .*{words}"):
        checked(**{f"data.{key}": value})


def test_lab_needs_a_grey_input():
    assert checked(**{"model.colour_space": "lab"}).model.colour_space == "lab"
    with pytest.raises(ParamsError, match=r"model.colour_space = 'lab'.*grey input.*data.input_channels: 3"):
        checked(**{"data.task": "pairs", "model.colour_space": "lab"})


def test_new_keys_at_their_neutral_values_decide_nothing():
    """So the runs of before keep their fingerprints."""
    assert not {"task"} & Data().decisive().keys()
    assert not {"colour_space", "generator_depth", "decoder_norm"} & params.Pix2pix().decisive().keys()
    assert "sample_epochs" not in params.Train().decisive()
    said = {"colour_space": "lab", "generator_depth": 8, "decoder_norm": False}
    assert said.items() <= params.Pix2pix(**said).decisive().items()


def test_the_recipe_has_the_values_of_the_course_paper():
    found = params.check(YAML(typ="safe", pure=True).load(recipes.text("colourise")))
    assert (found.data.task, found.data.image_size, found.train.epochs) == ("colourise", 512, 25)
    assert found.train.jitter_scale == 572 / 512 and found.train.mirror
    assert (found.model.loss, found.model.lambda_l1, found.model.receptive_field) == ("cgan+l1", 100, 94)
