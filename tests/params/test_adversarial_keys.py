"""The keys that all systems with a discriminator share."""

import pytest

from pix2pix.base.errors import ParamsError
from pix2pix.params import Params, Pix2pix, check
from pix2pix.params.section import Neutral
from pix2pix.params.systems.adversarial import OFF, AdversarialSection

KEYS = AdversarialSection.model_fields.keys() - {"system"}


def problem(**changes):
    content = Params().model_dump()
    content["model"] |= changes
    with pytest.raises(ParamsError) as caught:
        check(content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"adversarial": "wasserstein"},
            "model.gradient_penalty = 0.0: must be more than 0 (the paper: 10) for the loss wasserstein, or "
            "model.spectral_norm be true",
        ),
        (
            {"adversarial": "hinge", "label_smoothing": 0.1},
            "model.label_smoothing = 0.1: must be 0, because the loss hinge has no labels between 0 and 1",
        ),
        (
            {"adversarial": "wasserstein", "spectral_norm": True, "label_noise": 0.1},
            "model.label_noise = 0.1: must be 0, because the loss wasserstein has no labels between 0 and 1",
        ),
        (
            {"diff_augment": "cutout+colour"},
            "model.diff_augment = 'cutout+colour': must be none, or some of colour, translation, cutout in this order, "
            "joined by +",
        ),
        ({"label_flips": 0.5}, "model.label_flips = 0.5: must be less than 0.5"),
        ({"ema": 1.0}, "model.ema = 1.0: must be less than 1"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(changes, said):
    assert problem(**changes).endswith(f": {said}")


@pytest.mark.parametrize(
    "changes",
    [
        {"adversarial": "wasserstein", "gradient_penalty": 10.0},
        {"adversarial": "wasserstein", "spectral_norm": True, "label_flips": 0.05},
        {"adversarial": "least_squares", "label_smoothing": 0.1, "label_noise": 0.1},
        {"diff_augment": "colour+cutout"},
        {"diff_augment": "translation"},
    ],
)
def test_what_makes_sense_is_allowed(changes):
    content = Params().model_dump()
    content["model"] |= changes
    assert check(content).model == Pix2pix(**changes)


def test_every_key_is_off_by_default_and_decides_nothing_then():
    for key in KEYS:
        mark = Pix2pix.neutral(key)
        assert isinstance(mark, Neutral) and Pix2pix().model_dump()[key] in mark.values, key
    assert OFF.items() <= Pix2pix().model_dump().items()


def test_the_kinds_of_diff_augment():
    assert Pix2pix().augmentations == ()
    assert Pix2pix(diff_augment="colour+cutout").augmentations == ("colour", "cutout")


def test_the_name_of_a_run_says_its_adversarial_loss():
    assert Pix2pix(adversarial="hinge").objective == "cgan+l1 λ=100 hinge"
    assert Pix2pix(adversarial="hinge", loss="l1").objective == "l1"
    assert Pix2pix().objective == "cgan+l1 λ=100"
