"""The figure that a search goes by: its name, its direction, and its value in a finished run."""

from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import settings

from pix2pix import params
from pix2pix.base.errors import UsageError
from pix2pix.evaluation.watched import L1, SSIM
from pix2pix.params import recipes
from pix2pix.params.file import parsed
from pix2pix.pipeline.search.objective import Objective, choose, figures, possible
from pix2pix.pipeline.workspace import overridden


def of_recipe(name, changes=None):
    return params.check(overridden(parsed(recipes.text(name), name), changes or {}))


UNPAIRED = {
    "data.dataset": "custom", "data.task": "unpaired", "data.inputs": "A", "data.targets": "B", "data.palette": "none",
    "data.evaluation_split": "test", "data.selection_split": "none", "train.select": "last",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "direction", "watched"),
    [
        (None, "maximize", "validation_ssim"),
        ("validation_l1", "minimize", "validation_l1"),
        ("ssim", "maximize", "validation_ssim"),
        ("l1", "minimize", "validation_l1"),
        ("generated_class_iou", "maximize", "validation_ssim"),
    ],
)
def test_the_direction_is_that_of_the_table_of_measures(name, direction, watched):
    objective = choose(name, settings())
    assert (objective.name, objective.direction, objective.watched) == (name or "validation_ssim", direction, watched)


def test_trials_are_pruned_by_a_value_that_is_better_in_the_direction_of_the_objective():
    assert choose("validation_l1", settings()).pruned_by(0.25) == 0.25
    assert choose("generated_class_iou", settings()).pruned_by(0.25) == 0.25
    assert Objective("l1", L1, pruning=SSIM).pruned_by(0.25) == -0.25


@pytest.mark.parametrize("name", ["fid", "colourfulness", "diversity", "checkerboard", "pairs", "validation_swd"])
def test_what_has_no_better_direction_or_is_not_measured_is_refused(name):
    with pytest.raises(UsageError, match=f"^--objective {name}: no figure to search by here; these are: validation_l1"):
        choose(name, settings())


def test_the_figures_are_those_that_the_parameters_have():
    assert "generated_class_iou" not in possible(settings({"data.palette": "none"}))
    assert "ms_ssim" not in possible(settings()) and "ms_ssim" in possible(settings({"data.image_size": 256}))
    alone = choose(None, settings({"data.selection_split": "none"}))
    assert (alone.name, alone.watched) == ("generated_class_iou", None)
    noise = choose(None, of_recipe("dcgan"))
    assert (noise.name, noise.direction) == ("validation_swd", "minimize")
    assert "accuracy" in possible(of_recipe("cgan")) and "ssim" not in possible(of_recipe("cgan"))


@pytest.mark.parametrize(("recipe", "changes"), [("paper", {}), ("cyclegan", UNPAIRED)])
def test_photos_have_distances_between_sets_with_pairs_and_without(recipe, changes):
    known = possible(of_recipe(recipe, changes))
    assert {"frechet_distance", "kernel_distance", "precision", "recall", "coverage"} <= known.keys()
    assert not {"density", "swd", "spread"} & known.keys()


def test_without_pairs_the_usual_objective_is_the_distance_between_sets():
    objective = choose(None, of_recipe("cyclegan", UNPAIRED))
    assert (objective.name, objective.direction, objective.watched) == ("kernel_distance", "minimize", None)


def test_label_maps_have_no_figure_of_the_network_that_knows_photos():
    labels = settings({"data.direction": "left_to_right"})
    assert "ssim" in possible(labels) and "feature_distance" in possible(settings())
    assert not {"feature_distance", "kernel_distance", "frechet_distance", "recall"} & possible(labels).keys()


def test_fid_can_be_an_objective_where_there_are_weights(tmp_path):
    (tmp_path / "inception.pth").touch()
    weights = {"evaluate.inception_weights": str(tmp_path / "inception.pth"), "evaluate.inception_sha256": 64 * "0"}
    for recipe in ("paper", "dcgan"):
        assert {"fid", "kid"} <= possible(of_recipe(recipe, weights)).keys()
        assert not {"fid", "kid"} & possible(of_recipe(recipe)).keys()
    assert "fid" not in possible(settings(weights | {"data.direction": "left_to_right"}))


def test_the_validation_is_that_of_the_epoch_that_became_the_model():
    validation = pd.DataFrame({"epoch": [1, 2, 3], "validation_ssim": [0.1, 0.4, 0.2]})
    run = SimpleNamespace(validation=validation, about=SimpleNamespace(epoch=2), scores={"ssim": 0.3})
    assert choose("validation_ssim", settings()).value(run) == 0.4
    assert choose("ssim", settings()).value(run) == 0.3
    run.validation = validation.iloc[:0]
    assert figures(run) == {"ssim": 0.3}
