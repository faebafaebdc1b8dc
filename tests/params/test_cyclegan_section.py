"""The section `model` of CycleGAN, and the task that has no pairs."""

import pytest
from conftest import settings

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params.systems.cyclegan import CycleGAN


def checked(model=None, **data):
    content = settings().model_dump()
    content["model"] = CycleGAN(**model or {}).model_dump()
    content["data"].update({"task": "unpaired", **data})
    return params.check(content)


FOLDERS = {"dataset": "custom", "inputs": "A", "targets": "B", "direction": "left_to_right", "label_half": "left"}


def test_halves_are_pairs_in_any_task_and_files_of_their_own_are_not():
    assert checked().data.has_pairs and checked(task="pairs", **FOLDERS).data.has_pairs
    assert not checked(**FOLDERS).data.has_pairs


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data.task": "unpaired"}, "data.task = 'unpaired': must be pairs or colourise for model.system pix2pix"),
        ({"data.task": "torn"}, "data.task = 'torn': must be 'pairs', 'unpaired', "),
    ],
)
def test_pix2pix_needs_pairs(changes, message):
    with pytest.raises(ParamsError, match=f"^params.yaml: {message}"):
        settings(changes)


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        ({}, {"input_channels": 1, "palette": "none"}, "model.lambda_identity = 0.5: must be 0, because inputs have 1"),
        (
            {"receptive_field": 286},
            {},
            "model.receptive_field = 286: must be one of 1, 16, 70, 94 for data.im",
        ),
    ],
)
def test_what_the_networks_cannot_take_is_refused(model, data, message):
    with pytest.raises(ParamsError, match=f"^params.yaml: {message}"):
        checked(model, **data)


def test_without_identity_sides_may_have_other_channels():
    assert checked({"lambda_identity": 0}, input_channels=1, palette="none").model.lambda_identity == 0


def test_without_pairs_no_likeness_chooses_an_epoch():
    content = checked(**FOLDERS).model_dump()
    content["train"]["select"] = "validation_l1"
    with pytest.raises(ParamsError, match=r"train\.select = 'validation_l1': must be last, as a set without pairs"):
        params.check(content)


def test_the_section_says_what_it_is():
    section = CycleGAN(generator="unet", receptive_field=16)
    assert section.objective == "cyclegan least_squares λ=10, identity 0.5"
    assert section.lede.startswith("Two U-Nets, one for each direction") and "16 × 16" in section.lede
    assert len(section.sampled) == 6
