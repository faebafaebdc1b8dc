"""The variants of an ablation, against the paper's tables written down by hand."""

import pytest
from conftest import settings

from pix2pix import params
from pix2pix.pipeline.ablation.variants import DEFAULT, GROUPS, VARIANTS, possible

VARIED = {variant.name: tuple(variant.varied.values()) for variant in VARIANTS}


def test_the_variants_are_the_papers_and_lambda():
    assert VARIED == {
        "default": ("cgan+l1", 100, "unet", 70),
        "l1": ("l1", 100, "unet", 70),
        "cgan": ("cgan", 100, "unet", 70),
        "gan_l1": ("gan+l1", 100, "unet", 70),
        "encoder_decoder_l1": ("l1", 100, "encoder_decoder", 70),
        "encoder_decoder": ("cgan+l1", 100, "encoder_decoder", 70),
        "patch_1": ("cgan+l1", 100, "unet", 1),
        "patch_16": ("cgan+l1", 100, "unet", 16),
        "patch_286": ("cgan+l1", 100, "unet", 286),
        "lambda_10": ("cgan+l1", 10, "unet", 70),
        "lambda_1000": ("cgan+l1", 1000, "unet", 70),
    }
    assert list(DEFAULT) == ["model.loss", "model.lambda_l1", "model.generator", "model.receptive_field"]


def test_no_training_is_done_twice():
    assert len(set(VARIED.values())) == len(VARIANTS) == 11


def test_the_default_is_what_params_yaml_ships():
    flat = params.Params().flat()
    assert {path: flat[path] for path in DEFAULT} == DEFAULT


@pytest.mark.parametrize(
    ("group", "column", "values"),
    [
        ("losses", 0, {"cgan+l1", "l1", "cgan", "gan+l1"}),
        ("generator", 2, {"unet", "encoder_decoder"}),
        ("receptive field", 3, {1, 16, 70, 286}),
    ],
)
def test_a_group_holds_every_value_of_what_it_is_about(group, column, values):
    assert {VARIED[name][column] for name in GROUPS[group]} == values


def test_every_variant_stands_in_a_group():
    assert {name for names in GROUPS.values() for name in names} == VARIED.keys()


def test_both_generators_are_trained_with_and_without_the_discriminator():
    assert {(VARIED[name][0], VARIED[name][2]) for name in GROUPS["generator"]} == {
        (loss, generator) for loss in ("l1", "cgan+l1") for generator in ("unet", "encoder_decoder")
    }


def test_all_variants_are_possible_at_128():
    variants, left_out = possible(settings({"data.image_size": 128}).model_dump())
    assert list(variants) == [variant.name for variant in VARIANTS] and not left_out


@pytest.mark.parametrize("size", [32, 64])
def test_what_small_pictures_do_not_allow_is_left_out_by_name(size):
    variants, left_out = possible(settings({"data.image_size": size}).model_dump())
    assert set(VARIED) - set(variants) == {"patch_286"} == set(left_out)
    reason = f"model.receptive_field = 286: must be one of 1, 16, 70, 94 for data.image_size {size}"
    assert left_out["patch_286"] == f"patch_286: {reason}"
