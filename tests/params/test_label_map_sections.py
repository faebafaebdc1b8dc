"""The sections and recipes of pix2pixHD, SPADE and OASIS: the sources' values, and what makes no sense."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pix2pix.base.errors import ParamsError
from pix2pix.params import Params, check, recipes
from pix2pix.params.systems.oasis import Oasis
from pix2pix.params.systems.pix2pix import Pix2pix
from pix2pix.params.systems.pix2pixhd import Pix2pixHD


def recipe(name):
    return check(YAML(typ="safe", pure=True).load(recipes.text(name)))


def test_pix2pixhd_is_the_authors_code():
    """Their options: ngf 64, num_D 2, n_layers_D 3, lambda_feat 10, lr 0.0002, beta1 0.5, niter and niter_decay 100."""
    found = recipe("pix2pixhd")
    assert found.model == Pix2pixHD()
    assert (found.model.generator, found.model.generator_norm, found.model.adversarial) == (
        "global", "instance", "least_squares",
    )  # fmt: skip
    assert (found.train.epochs, found.train.decay_epochs) == (100, 100)


def test_spade_is_the_authors_code():
    """TTUR of half and twice 0.0002, beta1 0, beta2 0.9, hinge averaged over the scales, the generator first."""
    model = recipe("spade").model
    assert (model.learning_rate, model.discriminator_learning_rate, model.beta_1, model.beta_2) == (1e-4, 4e-4, 0, 0.9)
    assert (model.adversarial, model.scales_loss, model.discriminator_loss) == ("hinge", "mean", "sum")
    assert (model.generator, model.generator_norm, model.spectral_norm) == ("spade", "batch", True)
    assert (model.lambda_features, model.discriminator_scales, model.update_order) == (10, 2, "generator_first")
    assert (model.generator_filters, model.spade_features, model.discriminator_filters) == (64, 128, 64)
    assert model.objective == "spade hinge, features 10" and "at 2 scales" in model.lede


def test_oasis_is_the_authors_code_but_for_the_gain_that_batches_of_1_need():
    model = recipe("oasis").model
    assert model == Oasis(discriminator_gain=1)
    assert (model.noise_size, model.lambda_labelmix, model.ema) == (64, 10, 0.9999)
    assert (model.learning_rate, model.discriminator_learning_rate, model.beta_1) == (1e-4, 4e-4, 0)
    assert model.noise is None and model.reads_classes, "it reads a label map, too"
    assert "64 numbers of noise" in model.lede and model.objective == "oasis, labelmix 10"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"diff_augment": "colour"},
            "model.diff_augment = 'colour': must be none, because features of pictures that are changed apart cannot "
            "match; or let model.lambda_features be 0",
        ),
        ({"discriminator_scales": 4}, "model.discriminator_scales = 4: must be 1 to 3"),
        ({"vgg_weights": "none.h5"}, "model.vgg_weights = 'none.h5': must be null, imagenet, or a file that exists"),
        ({"generator": "unet"}, "model.generator = 'unet': must be 'global' or 'spade'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(changes, said):
    content = Params().model_dump(mode="json")
    content["model"] = Pix2pixHD().model_dump(mode="json") | changes
    with pytest.raises(ParamsError) as caught:
        check(content)
    assert str(caught.value) == f"params.yaml: {said}"


def test_vgg_needs_weights_which_decide_by_their_content(tmp_path):
    """Without weights there is no perceptual loss, whatever its weight is, and words say so."""
    without = Pix2pixHD(lambda_vgg=3)
    assert without.decisive() == Pix2pixHD().decisive() and not without.has_vgg
    assert "no VGG term" in without.summary and "No VGG19" in without.lede
    paths = [tmp_path / name for name in ("one.h5", "copy.h5", "other.h5")]
    for path, content in zip(paths, ("a", "a", "b"), strict=True):
        path.write_text(content)
    one, copy, other = (Pix2pixHD(vgg_weights=str(path)) for path in paths)
    assert one.decisive() == copy.decisive() != other.decisive()
    assert one.objective == "pix2pixhd least_squares, features 10, vgg 10" and "weighted 10" in one.lede
    assert not Pix2pixHD(vgg_weights="imagenet", lambda_vgg=0).has_vgg


def test_vgg_sees_rgb_only():
    content = Params().model_dump(mode="json")
    content["model"] = Pix2pixHD(vgg_weights="imagenet").model_dump(mode="json")
    content["data"]["target_channels"] = 1
    with pytest.raises(ParamsError, match=r"model.vgg_weights = 'imagenet': must be null, because VGG19 sees RGB only"):
        check(content)


def test_classes_are_needed_where_they_are_seen():
    content = Params().model_dump(mode="json")
    content["model"] = Pix2pixHD().model_dump(mode="json")
    content["data"]["palette"] = "none"
    with pytest.raises(ParamsError, match=r"model.label_input = 'one_hot': must be colours"):
        check(content)
    content["model"]["label_input"] = "colours"
    assert check(content).model.lede


def test_a_recipe_has_all_keys_of_its_model():
    for name, section in (("pix2pixhd", Pix2pixHD), ("spade", Pix2pixHD), ("oasis", Oasis)):
        said = YAML(typ="safe", pure=True).load(recipes.FOLDER / f"{name}.yaml")
        assert said["model"].keys() == section.model_fields.keys(), name


OWN = {"dataset": "custom", "path": str(Path(__file__).parent), "palette": {"road": 7, "sky": 23}}
OWN |= {"inputs": "label", "targets": "img", "label_folder": "inputs", "instances": "inst"}


def own(model=Pix2pixHD, **changes):
    """Parameters with instance maps, changed."""
    content = Params().model_dump(mode="json")
    content["model"] = model().model_dump(mode="json")
    content["data"] |= dict.fromkeys(("direction", "label_half"), "auto") | OWN | changes
    return check(content)


@pytest.mark.parametrize("model", [Pix2pixHD, Oasis])
def test_instance_maps_are_for_systems_that_read_them(model):
    assert own(model).data.instances == "inst"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": Pix2pix}, "null, because model.system: pix2pix reads no instance maps; oasis and pix2pixhd do"),
        (
            {"inputs": None, "targets": None, "direction": "left_to_right", "palette": "none"},
            "null, except with data.task: pairs, data.inputs and data.targets",
        ),
        ({"task": "unpaired"}, "null, except with data.task: pairs, data.inputs and data.targets"),
        (
            {"label_folder": "targets"},
            "null, because the input is no label map with classes (data.palette, data.label_folder)",
        ),
        ({"instances": "label"}, "another place than data.inputs and data.targets"),
        ({"instances": "a/../b"}, "a folder such as trainA, `*` with an ending such as *_label.png, both, or null"),
    ],
)
def test_instance_maps_that_nothing_reads_are_refused_in_a_line(changes, said):
    with pytest.raises(ParamsError) as caught:
        own(**changes)
    place = changes.get("instances", "inst")
    assert f"params.yaml: data.instances = '{place}': must be {said}" in str(caught.value).splitlines()
