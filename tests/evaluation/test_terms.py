"""What is compared is told apart by the field, and pictures by their hashes; written out by hand."""

from dataclasses import replace

from conftest import settings

from pix2pix.data import tasks
from pix2pix.data.labels import classes_of
from pix2pix.data.manifests import summed_up
from pix2pix.evaluation.terms import terms


def of(changes=None, data_set="walls", split="test", pairs=None):
    data = settings({"data.palette": {"wall": [1, 2, 3], "sky": [9, 8, 7]}} | (changes or {})).data
    fields = {field.name: field for field in tasks.task(data).fields}
    found = {"test/1": {"input": "a", "target": "b"}} if pairs is None else pairs
    pictures = summed_up(found, None)["pictures"]
    return terms(fields, data.direction, classes_of(data), data_set, split, len(found), pictures)


def test_terms_are_words():
    found = of()
    assert (found.input, found.target) == ("label map of 32x32 pixels", "picture of 32x32 pixels")
    assert (found.classes, found.evaluated) == ("wall [1, 2, 3], sky [9, 8, 7]", "1 pair of test")
    assert of({"data.palette": "none"}).classes == "none"


def test_equal_terms_differ_in_nothing():
    assert of().other_task(of()) == of().other_pictures(of()) == ""


def test_every_part_of_a_task_counts():
    size = of({"data.image_size": 64})
    assert size.other_task(of()) == (
        "input: label map of 64x64 pixels against label map of 32x32 pixels; "
        "target: picture of 64x64 pixels against picture of 32x32 pixels"
    )
    assert "direction: left_to_right against right_to_left" in of({"data.direction": "left_to_right"}).other_task(of())
    colours = of({"data.palette": {"wall": [1, 2, 3], "sky": [9, 8, 6]}})
    assert colours.other_task(of()) == "classes: wall [1, 2, 3], sky [9, 8, 6] against wall [1, 2, 3], sky [9, 8, 7]"


def test_pictures_are_those_of_their_ids_and_values():
    """Which pairs come first, and what the split is called, changes no picture."""
    one, other = ({"input": "a", "target": "b"}, {"input": "c", "target": "d"})
    pairs, turned = {"1": one, "2": other}, {"2": dict(reversed(other.items())), "1": one}
    assert of(pairs=pairs).other_pictures(of(pairs=turned, split="val")) == ""
    assert of(pairs={"1": other, "2": one}).other_pictures(of(pairs=pairs)) == (
        "both are 2 pairs of test, with other ids or pixels"
    )
    assert of(pairs={"1": one}).other_pictures(of(pairs=pairs)) == "evaluated: 1 pair of test against 2 pairs of test"


def test_a_data_set_counts_by_its_name_if_the_pictures_are_others():
    assert replace(of(), data_set="shoes").other_task(of()) == ""
    assert of(data_set="shoes", pairs={"shoes/1": {"target": "b"}}).other_task(of()) == "data set: shoes against walls"
