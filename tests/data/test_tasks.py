import itertools

import pytest

from pix2pix.data.tasks import task
from pix2pix.params import Data


@pytest.mark.parametrize(
    ("direction", "label_half", "palette", "pair", "label"),
    [
        # The façades: photo on the left, labels on the right; the default is labels -> photo.
        ("right_to_left", "right", "cmp", ("right", "left"), "input"),
        ("left_to_right", "right", "cmp", ("left", "right"), "target"),
        ("right_to_left", "left", "cmp", ("right", "left"), "target"),
        ("left_to_right", "left", "cmp", ("left", "right"), "input"),
        ("right_to_left", "right", "none", ("right", "left"), None),
        ("left_to_right", "left", "none", ("left", "right"), None),
    ],
)
def test_which_half_is_what(direction, label_half, palette, pair, label):
    job = task(Data(direction=direction, label_half=label_half, palette=palette))
    assert job.input_and_target("left", "right") == pair
    assert (job.input_is_label, job.target_is_label) == (label == "input", label == "target")


@pytest.mark.parametrize(
    ("direction", "label_half"), itertools.product(["left_to_right", "right_to_left"], ["left", "right"])
)
def test_the_label_map_is_found_again_after_the_halves_are_sorted(direction, label_half):
    job = task(Data(direction=direction, label_half=label_half))
    halves = {"left": "photo", "right": "photo", label_half: "label"}
    assert job.photo_and_label(*job.input_and_target(halves["left"], halves["right"])) == ("photo", "label")


def test_auto_is_the_usual_direction():
    assert task(Data(dataset="maps", palette="none", direction="auto")).input_is_left
    assert not task(Data(dataset="facades", direction="auto")).input_is_left
