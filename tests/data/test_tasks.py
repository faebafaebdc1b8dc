import itertools

import pytest
from pydantic import BaseModel, ValidationError

from pix2pix.data.tasks import Field, Fields, Task, halves, task
from pix2pix.params import Data


@pytest.mark.parametrize(
    ("direction", "label_half", "palette", "input_half", "label"),
    [
        # The façades: photo on the left, labels on the right; the default is labels -> photo.
        ("right_to_left", "right", "cmp", "right", "input"),
        ("left_to_right", "right", "cmp", "left", "target"),
        ("right_to_left", "left", "cmp", "right", "target"),
        ("left_to_right", "left", "cmp", "left", "input"),
        ("right_to_left", "right", "none", "right", None),
        ("left_to_right", "left", "none", "left", None),
    ],
)
def test_which_half_is_what(direction, label_half, palette, input_half, label):
    data = Data(direction=direction, label_half=label_half, palette=palette, image_size=64)
    other = {"left": "right", "right": "left"}[input_half]
    assert halves(data) == {"input": input_half, "target": other}
    job = task(data)
    kinds = {"input": "picture", "target": "picture"} | ({label: "label map"} if label else {})
    assert {field.name: field.kind for field in job.fields} == kinds
    assert (job.input.is_label, job.target.is_label) == (label == "input", label == "target")
    assert {field.shape for field in job.fields} == {(64, 64, 3)}


@pytest.mark.parametrize(
    ("direction", "label_half"), itertools.product(["left_to_right", "right_to_left"], ["left", "right"])
)
def test_photo_and_label_map_are_found_whatever_their_roles(direction, label_half):
    data = Data(direction=direction, label_half=label_half)
    words = {"left": "photo", "right": "photo", label_half: "label"}
    example = {name: words[half] for name, half in halves(data).items()}
    assert task(data).photo_and_label(example) == ("photo", "label")


@pytest.mark.parametrize(
    ("dataset", "usual"),
    [
        ("facades", "right_to_left"),
        ("cityscapes", "right_to_left"),
        ("sample", "right_to_left"),
        ("maps", "left_to_right"),
        ("edges2shoes", "left_to_right"),
        ("edges2handbags", "left_to_right"),
        ("night2day", "left_to_right"),
    ],
)
def test_auto_is_what_the_dataset_is_usually_used_for(dataset, usual):
    data = Data(dataset=dataset, palette="none", direction="auto")
    assert data.direction == usual
    assert halves(data)["input"] == usual.partition("_")[0]


@pytest.mark.parametrize("said", ["left_to_right", "right_to_left"])
def test_a_direction_that_is_said_is_taken(said):
    assert Data(dataset="maps", palette="none", direction=said).direction == said


def test_a_class_is_a_whole_number_for_the_whole_example():
    style, photo = Field("style", "class", 1, 1, 1), Field("target", "picture", 64, 128, 4)
    assert (style.shape, style.dtype) == ((), "int32")
    assert (photo.shape, photo.dtype) == ((64, 128, 4), "uint8")
    assert str(photo) == "picture of 128x64 pixels of 4 channels"
    job = Task((style, photo))
    assert job.target is photo and job["style"] is style
    with pytest.raises(KeyError):
        assert job.input


class Said(BaseModel):
    """A file that names fields."""

    fields: Fields


def test_a_file_says_fields_by_their_names():
    fields = (Field("input", "label map", 32, 64, 1), Field("target", "picture", 32, 64, 3))
    told = Said(fields=fields).model_dump(mode="json")["fields"]
    assert told["input"] == {"kind": "label map", "height": 32, "width": 64, "channels": 1}
    assert Said.model_validate({"fields": told}).fields == fields
    assert Said.model_validate({"fields": dict(reversed(told.items()))}).fields == fields


@pytest.mark.parametrize(
    "change", [{"kind": "photo"}, {"height": 0}, {"width": "64"}, {"channels": 1.5}, {"depth": 8}, {"kind": None}]
)
def test_a_field_that_cannot_be_is_refused(change):
    entry = {"kind": "picture", "height": 32, "width": 64, "channels": 3} | change
    with pytest.raises(ValidationError):
        Said.model_validate({"fields": {"input": entry}})


@pytest.mark.parametrize("told", [None, [], {"input": 3}, {"input": {}}, "input", {"input": None}])
def test_what_is_no_mapping_of_fields_is_refused(told):
    with pytest.raises(ValidationError):
        Said.model_validate({"fields": told})
