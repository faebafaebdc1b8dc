import itertools

import pytest

from pix2pix.data.tasks import direction, task
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
    assert direction(data) == usual
    assert task(data).input_is_left == (usual == "left_to_right")


@pytest.mark.parametrize("said", ["left_to_right", "right_to_left"])
def test_a_direction_that_is_said_is_taken(said):
    assert direction(Data(dataset="maps", palette="none", direction=said)) == said
