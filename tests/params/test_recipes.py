import pytest
from conftest import TINY
from ruamel.yaml import YAML

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import recipes
from pix2pix.params.file import DEFAULTS
from pix2pix.params.model import SYSTEMS


def content(name):
    return YAML(typ="safe", pure=True).load(recipes.text(name))


def changed(name):
    found, usual = params.check(content(name)).flat(), params.Params().flat()
    return {path: value for path, value in found.items() if value != usual[path]}


def test_each_recipe_says_in_a_line_what_it_is():
    names = recipes.names()
    assert set(names) == {
        "best", "bridge", "cgan", "colourise", "cyclegan", "cyclegan_tutorial", "dcgan", "dsgan", "oasis",
        "oasis_small", "paper", "pix2pixhd", "pix2pixhd_small", "spade", "spade_small", "tutorial",
    }  # fmt: skip
    assert names["tutorial"].startswith("The TensorFlow pix2pix tutorial") and "Isola" in names["paper"]


def test_the_tutorial_is_the_defaults_with_the_bottlenecks_norm():
    """It keeps BatchNorm on the 1x1 bottleneck; all else that sets it apart is the default."""
    assert changed("tutorial") == {"model.bottleneck_norm": True}


def test_the_paper_is_its_torch_code():
    assert changed("paper") == {
        "model.leaky_slope": 0.2,
        "model.norm_epsilon": 1e-5,
        "model.norm_gamma_stddev": 0.02,
        "model.discriminator_loss": "mean",
        "model.update_order": "discriminator_first",
        "train.epochs": 100,
        "train.decay_epochs": 100,
        "train.resize": "bicubic",
    }


def test_the_best_is_a_small_oasis_of_fewer_epochs():
    """A recipe may build on one that builds on another."""
    best, small = (params.check(content(name)).flat() for name in ("best", "oasis_small"))
    assert {path: best[path] for path in small if small[path] != best[path]} == {"train.epochs": 30}
    assert (best["model.system"], best["data.image_size"]) == ("oasis", 128)


def test_cyclegan_is_the_authors_code():
    """Their defaults, by the names of their options."""
    found = params.check(content("cyclegan"))
    assert (found.data.task, found.model.system, found.model.generator) == ("unpaired", "cyclegan", "resnet_9")
    assert (found.model.lambda_cycle, found.model.lambda_identity, found.model.pool_size) == (10, 0.5, 50)
    assert (found.model.adversarial, found.model.learning_rate, found.model.beta_1) == ("least_squares", 2e-4, 0.5)
    assert (found.train.epochs, found.train.decay_epochs, found.train.batch_size) == (100, 100, 1)
    assert found.model == type(found.model)()


def test_the_cyclegan_tutorial_differs_in_networks_loss_and_order():
    ours, theirs = (params.check(content(name)).flat() for name in ("cyclegan", "cyclegan_tutorial"))
    assert {path: theirs[path] for path in ours if ours[path] != theirs[path]} == {
        "model.adversarial": "cross_entropy",
        "model.generator": "unet",
        "model.leaky_slope": 0.3,
        "model.pool_size": 0,
        "model.update_order": "simultaneous",
        "train.epochs": 10,
        "train.decay_epochs": 0,
        "train.resize": "nearest",
    }


@pytest.mark.parametrize("name", ["paper", "tutorial"])
def test_a_recipe_says_only_what_differs(name):
    said = YAML(typ="safe", pure=True).load(recipes.FOLDER / f"{name}.yaml")
    assert {f"{section}.{key}" for section, keys in said.items() for key in keys} == set(changed(name))


def test_a_recipe_of_another_system_has_all_keys_of_its_model():
    said = YAML(typ="safe", pure=True).load(recipes.FOLDER / "dcgan.yaml")
    assert content("dcgan")["model"] == said["model"]
    assert said["model"].keys() == SYSTEMS["dcgan"].model_fields.keys()


@pytest.mark.parametrize("name", ["paper", "tutorial"])
def test_a_recipes_text_is_the_whole_file_with_its_comments(name):
    """Line by line the defaults, but for the values that differ."""
    first, empty, *lines = recipes.text(name).splitlines()
    defaults = DEFAULTS.read_text(encoding="utf-8").splitlines()
    assert (first, empty) == (f"# {recipes.names()[name]}", "#")
    assert len(lines) == len(defaults)
    differ = {new.split(":")[0].strip() for new, old in zip(lines, defaults, strict=True) if new != old}
    assert differ == {path.partition(".")[2] for path in changed(name)}


def test_a_recipe_of_another_system_has_all_keys_of_its_model_section(monkeypatch, tmp_path):
    (tmp_path / "noise.yaml").write_text("# Noise.\nmodel:\n  system: noise\n  z: 100\ntrain:\n  epochs: 3\n")
    monkeypatch.setattr(recipes, "FOLDER", tmp_path)
    found, usual = content("noise"), YAML(typ="safe", pure=True).load(DEFAULTS)
    assert found["model"] == {"system": "noise", "z": 100}
    usual["train"]["epochs"] = 3
    assert {name: value for name, value in found.items() if name != "model"} == {
        name: value for name, value in usual.items() if name != "model"
    }


@pytest.mark.parametrize("name", ["oasis", "pix2pixhd", "spade"])
def test_a_small_recipe_is_another_one_with_fewer_filters(name):
    small, full = content(f"{name}_small"), content(name)
    differing = {
        f"{section}.{key}"
        for section, values in full.items() if isinstance(values, dict)
        for key, value in values.items() if small[section][key] != value
    }  # fmt: skip
    widths = {"model.generator_filters", "model.discriminator_filters", "model.spade_features"}
    assert differing - widths == {"data.image_size", "segmenter.crop"}
    assert small["model"].keys() == full["model"].keys()
    assert all(small["model"][path[6:]] < full["model"][path[6:]] for path in differing & widths)
    assert params.check(small).data.image_size == 128 and "recipe" not in small


@pytest.mark.parametrize("name", ["", "papers", "../paper", "paper.yaml"])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(ParamsError, match=f"no such recipe; there are {', '.join(recipes.names())}$"):
        recipes.text(name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "bottleneck_norm", "slope", "epsilon"), [("paper", False, 0.2, 1e-5), ("tutorial", True, 0.3, 1e-3)]
)
def test_each_recipe_trains_two_steps(name, bottleneck_norm, slope, epsilon):
    """At its smallest size; the networks are the recipe's."""
    import numpy as np

    from pix2pix.data.tasks import task
    from pix2pix.systems import pix2pix
    from pix2pix.training.windows import Windows

    found = content(name)
    for path, value in (TINY | {"model.generator_depth": None}).items():
        section, key = path.split(".")
        found[section][key] = value
    small = params.check(found)
    system = pix2pix.Pix2Pix(small.model, small.train.precision, task(small.data), small.seed)
    before = [np.array(variable) for variable in system.generator.trainable_variables]
    step = Windows(system, small.seed)
    for number in range(2):
        halves = np.random.default_rng(number).integers(0, 256, (2, 1, 1, 32, 32, 3), np.uint8)
        losses = step(dict(zip(("input", "target"), halves, strict=True)), number)
        assert all(np.isfinite(loss).all() for loss in losses.values())
    still = {
        variable.path
        for variable, old in zip(system.generator.trainable_variables, before, strict=True)
        if variable.path.endswith("kernel") and np.array_equal(variable, old)
    }
    # With a norm of its own, the innermost map of one pixel carries nothing at batch 1: nothing is learned around it.
    assert still == ({"down_5_conv/kernel", "up_1_conv/kernel"} if bottleneck_norm else set())
    layers = {layer.name: layer for layer in system.generator.layers}
    assert ("down_5_norm" in layers) == bottleneck_norm
    assert layers["down_1_leaky"].negative_slope == pytest.approx(slope)
    assert layers["down_2_norm"].epsilon == pytest.approx(epsilon)
