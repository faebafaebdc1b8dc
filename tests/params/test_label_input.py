"""`model.label_input`: classes are read only where there are some, and only from what shows no square of another."""

from pathlib import Path

import pytest

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import Params

OWN = {"dataset": "custom", "path": str(Path(__file__).parent)}
IDS = {"road": 7, "sky": 23}
COLOURS = {"road": [128, 64, 128], "sky": [70, 130, 180]}
FOLDERS = OWN | {"inputs": "A", "targets": "B", "direction": "auto", "label_half": "auto"}


def checked(cutout=0, label_input="one_hot", **data):
    content = Params().model_dump(mode="json")
    content["data"] |= data
    content["model"]["label_input"] = label_input
    content["train"]["cutout"] = cutout
    return params.check(content)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"direction": "left_to_right", "label_half": "left"},
        OWN | {"palette": COLOURS},
        FOLDERS | {"label_folder": "inputs", "palette": IDS, "ignore": 255},
    ],
)
def test_an_input_that_is_a_label_map_may_be_seen_by_its_classes(data):
    assert checked(**data).model.reads_classes and not checked(label_input="colours", **data).model.reads_classes


@pytest.mark.parametrize(
    "data",
    [
        {"palette": "none"},
        {"direction": "left_to_right"},
        {"dataset": "maps", "direction": "auto", "palette": "auto", "label_half": "auto"},
        FOLDERS | {"label_folder": "targets", "palette": IDS},
    ],
)
def test_any_other_input_is_refused_in_one_line(data):
    with pytest.raises(ParamsError) as caught:
        checked(**data)
    assert str(caught.value) == (
        "params.yaml: model.label_input = 'one_hot': must be colours, because the input is no label map with classes "
        "(data.direction, data.palette)"
    )
    assert checked(label_input="colours", **data)


@pytest.mark.parametrize(
    ("data", "is_a_class"),
    [
        ({}, True),
        (OWN | {"palette": COLOURS, "ignore": [255, 255, 255]}, True),
        (OWN | {"palette": COLOURS, "ignore": [0, 0, 0]}, False),
        (FOLDERS | {"label_folder": "inputs", "palette": IDS}, True),
        (FOLDERS | {"label_folder": "inputs", "palette": IDS, "ignore": 255}, False),
    ],
)
def test_a_black_square_must_not_be_a_class(data, is_a_class):
    assert checked(cutout=0.5, label_input="colours", **data)
    if not is_a_class:
        assert checked(cutout=0.5, **data)
        return
    with pytest.raises(ParamsError) as caught:
        checked(cutout=0.5, **data)
    assert str(caught.value) == (
        "params.yaml: train.cutout = 0.5: must be 0, because the networks see classes and a black square would be one; "
        "or let data.ignore be black"
    )
