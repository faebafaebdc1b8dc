from pathlib import Path

import pytest
from pydantic import ValidationError

from pix2pix.data.labels import classes_of, colours_of_ids
from pix2pix.params import Data, palette

PLACES = {
    "dataset": "custom",
    "path": str(Path(__file__).parent),
    "inputs": "a",
    "targets": "b",
    "direction": "left_to_right",
}


def own(**values):
    return Data(**{**PLACES, "label_half": "left", **values})


def test_classes_without_colours_get_those_of_pascal_voc():
    """https://host.robots.ox.ac.uk/pascal/VOC: aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair."""
    voc = [(128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128), (0, 128, 128), (128, 128, 128)]
    voc += [(64, 0, 0), (192, 0, 0)]
    found = palette.entries({f"class {number}": number for number in range(255)})
    assert [entry.colour for entry in found.values()][:9] == voc
    assert len({entry.colour for entry in found.values()}) == 255
    assert (0, 0, 0) not in {entry.colour for entry in found.values()}


def test_ids_and_colours_of_classes_and_of_pixels_without_one():
    data = own(palette={"road": {"id": 7, "colour": [0, 0, 0]}, "sky": 23}, ignore=[0, 255])
    assert colours_of_ids(data.palette, data.ignore) == {
        7: (0, 0, 0), 23: (0, 128, 0), 0: (255, 255, 255), 255: (255, 255, 255),
    }  # fmt: skip
    classes = classes_of(data)
    assert (classes.names, classes.colours.tolist(), classes.no_class) == (
        ("road", "sky"), [[0, 0, 0], [0, 128, 0]], (255, 255, 255),
    )  # fmt: skip


def test_a_colour_may_stand_for_no_class():
    data = Data(palette={"road": [0, 0, 0], "sky": [0, 0, 255]}, ignore=[255, 255, 255])
    assert classes_of(data).no_class == (255, 255, 255)
    assert colours_of_ids(data.palette, data.ignore) is None


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"palette": {"road": 7, "sky": [0, 0, 255]}}, "ids for all classes or for none"),
        ({"palette": {"road": 7, "sky": 7}}, "a different id for every class"),
        ({"palette": {"road": 7, "sky": 70000}}, "an id from 0 to 65535"),
        ({"palette": {"road": True, "sky": 1}}, "an id from 0 to 65535"),
        ({"palette": {"road": {"id": 7}, "sky": 1}}, "an id and a colour"),
        ({"palette": {"road": {"id": 1, "colour": [0, 128, 0]}, "sky": 2}}, "a different colour for every class"),
        ({"palette": {"road": 7, "sky": 8}, "ignore": 7}, "the id of pixels without a class"),
        ({"palette": {"road": 7, "sky": 8}, "ignore": []}, "the id of pixels without a class"),
        ({"palette": {"road": [0, 0, 0], "sky": [0, 0, 1]}, "ignore": 255}, "the colour of pixels without a class"),
        ({"palette": {"road": [0, 0, 0], "sky": [0, 0, 1]}, "ignore": [0, 0, 1]}, "the colour of pixels without"),
        ({"palette": "none", "ignore": 255}, "null, except with a palette of your own"),
        ({"palette": {"road": 7, "sky": 8}, "inputs": None, "targets": None}, "ids need data.inputs and data.targets"),
        ({"inputs": None}, "each field of a pair has a file of its own"),
        ({"targets": None}, "each field of a pair has a file of its own"),
        ({"targets": "a"}, "another place than data.inputs"),
        ({"inputs": "../a"}, "must be a folder such as trainA"),
        ({"inputs": "a*b*"}, "must be a folder such as trainA"),
        ({"inputs": "/a"}, "must be a folder such as trainA"),
        ({"direction": "right_to_left"}, "auto, because data.inputs and data.targets are given"),
        ({"label_folder": "targets"}, "auto, because data.inputs and data.targets are given"),
        ({"dataset": "facades"}, "the pairs of facades are halves of one picture"),
    ],
)
def test_what_contradicts_itself_is_refused(values, says):
    with pytest.raises(ValidationError, match=says):
        own(**values)


def test_auto_says_what_two_folders_mean_but_for_the_folder_of_the_label_maps():
    auto = dict.fromkeys(("direction", "label_half", "label_folder"), "auto")
    found = Data(**{**PLACES, **auto, "palette": "none"})
    assert (found.direction, found.label_folder) == ("left_to_right", "inputs")
    found = Data(**{**PLACES, **auto, "palette": {"a": 0, "b": 1}, "label_folder": "targets"})
    assert found.label_half == "right"
    with pytest.raises(ValidationError, match="must be inputs or targets"):
        Data(**{**PLACES, **auto, "palette": {"a": 0, "b": 1}})


def test_what_is_at_its_neutral_value_does_not_decide_a_training():
    assert not {"ignore", "inputs", "targets", "label_folder"} & Data().decisive().keys()
    assert own(palette={"a": 0, "b": 1}, ignore=255).decisive()["ignore"] == 255
