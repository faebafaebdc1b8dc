"""Advice is left out where the check of params.yaml would refuse it."""

import pytest
from conftest import settings

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import recipes
from pix2pix.params.file import parsed
from pix2pix.training.health.advice import Advice


def chosen(recipe, **changes):
    content = parsed(recipes.text(recipe), recipe)
    content["model"] |= changes
    return params.check(content)


def keys(changes):
    return {change.partition(":")[0] for change in changes}


def test_what_features_cannot_match_is_not_advised():
    for recipe in ("pix2pixhd", "spade"):
        told = keys(Advice(chosen(recipe).flat()).weaker_judge())
        assert "model.diff_augment" not in told and "model.label_flips" in told
        with pytest.raises(ParamsError, match="diff_augment"):
            chosen(recipe, diff_augment="colour")
    told = keys(Advice(chosen("pix2pixhd", lambda_features=0).flat()).weaker_judge())
    assert "model.diff_augment" in told


def test_a_critic_keeps_the_spectral_norm_that_it_needs():
    critic = {"adversarial": "wasserstein", "spectral_norm": True, "gradient_penalty": 0}
    assert "model.spectral_norm" not in keys(Advice(chosen("cgan", **critic).flat()).stronger_judge())
    held = critic | {"gradient_penalty": 10}
    assert "model.spectral_norm" in keys(Advice(chosen("cgan", **held).flat()).stronger_judge())


def test_the_present_values_of_another_version_are_no_reason_to_say_nothing():
    asked = settings().flat() | {"model.unheard_of": 1}
    assert "model.instance_noise" in keys(Advice(asked).weaker_judge())
