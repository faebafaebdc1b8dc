"""The values that a search tries: how they are said, and what the schema of params.yaml says of them."""

import pytest
from conftest import settings

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import recipes
from pix2pix.params.file import parsed
from pix2pix.pipeline.search.space import Choice, Range, read

BASE = settings().model_dump()


def test_ranges_choices_and_fixed_values_are_told_apart():
    words = ["lambda_l1=10..300:log", "train.resize=nearest,bicubic", "epochs=2..8", "rotation=0..5.5", "cutout=0.1"]
    space, fixed = read([*words, "generator_depth=3,null", "mirror=true,false"], BASE)
    assert space == {
        "model.lambda_l1": Range(10, 300, logarithmic=True, whole=False),
        "train.resize": Choice(("nearest", "bicubic")),
        "train.epochs": Range(2, 8, logarithmic=False, whole=True),
        "train.rotation": Range(0, 5.5, logarithmic=False, whole=False),
        "model.generator_depth": Choice((3, None)),
        "train.mirror": Choice((True, False)),
    }
    assert fixed == {"train.cutout": 0.1}


def test_numbers_are_read_as_params_yaml_reads_them():
    space, _ = read(["learning_rate=1e-5..1e-3:log", "generator_depth=2..5", "seed=0..9"], BASE)
    assert space["model.learning_rate"] == Range(1e-5, 1e-3, logarithmic=True, whole=False)
    assert space["model.generator_depth"].whole and space["seed"].whole


def test_a_range_may_be_two_whole_numbers():
    space, _ = read(["batch_size=1..2"], BASE)
    assert space["train.batch_size"] == Range(1, 2, logarithmic=False, whole=True)
    assert space["train.batch_size"].probes == (1, 2)


def test_a_list_or_a_quoted_text_is_one_value():
    assert read(["evaluate.steps=[1, 4]", "lambda_l1=1,2"], BASE).fixed == {"evaluate.steps": [1, 4]}
    assert read(["data.name='a-b'", "lambda_l1=1,2"], BASE).fixed == {"data.name": "a-b"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["epochs=5"], "nothing varies: give a parameter a range"),
        (["lamda=1..2"], "lamda: unknown parameter"),
        (["lambda_l1"], "a parameter is given as NAME=VALUE"),
        (["lambda_l1=3..3"], r"model.lambda_l1 = 3..3: the first number of a range must be the smaller one"),
        (["lambda_l1=0..9:log"], r"model.lambda_l1 = 0..9:log: a range with :log must begin above 0"),
        (["learning_rate=0..1"], "parameters: model.learning_rate = 0: must be greater than 0"),
        (["beta_1=0.5..1"], "parameters: model.beta_1 = 1: must be less than 1"),
        (["epochs=1.5..3"], "parameters: train.epochs = 1.5: must be a valid integer"),
        (["resize=nearest,cubic"], "parameters: train.resize = 'cubic': must be 'nearest' or 'bicubic'"),
        (["resize=1..2"], "train.resize = 1..2: this parameter takes no range; give its values, train.resize=A,B"),
        (["receptive_field=1..70"], "model.receptive_field = 1..70: this parameter takes no range"),
        (["mirror=0..1"], "train.mirror = 0..1: this parameter takes no range"),
        (["mirror=true,true"], "train.mirror = True,True: a value is given twice"),
        (["data.image_size=64..256"], "parameters: data.image_size = 65: must be a multiple of 32"),
        (["lambda_l1=1,2", "model.lambda_l1=5"], "model.lambda_l1: given twice"),
        (["lambda_l1=1,2", "epochs=many"], "parameters: train.epochs = 'many': must be a valid integer"),
        (["lambda_l1=1,2", "lambda_identity=1"], "lambda_identity: unknown parameter"),
        (["model.system=pix2pix,cyclegan"], "model.system = pix2pix,cyclegan: a search varies the parameters of one"),
    ],
)
def test_what_cannot_be_is_a_line(words, line):
    with pytest.raises(ParamsError, match=f"^{line}") as caught:
        read(words, BASE)
    assert "\n" not in str(caught.value)


def test_values_are_checked_beside_each_other():
    """The receptive field of 286 needs larger pictures than those of 32; the fixed value gives them."""
    with pytest.raises(ParamsError, match=r"^parameters: model.receptive_field = 286: must be one of"):
        read(["receptive_field=70,286"], BASE)
    assert read(["receptive_field=70,286", "data.image_size=96"], BASE).space


def test_the_parameters_are_those_of_the_files_system():
    base = parsed(recipes.text("cyclegan"), "a recipe")
    space, _ = read(["lambda_identity=0..1", "pool_size=0..50"], base)
    assert not space["model.lambda_identity"].whole and space["model.pool_size"].whole


class Recorder:
    """A stand-in for Optuna's trial, which tells what it was asked."""

    def __getattr__(self, kind):
        return lambda *given, **more: (kind, *given, *more.items())


def test_a_trial_is_asked_for_a_value_of_the_right_kind():
    trial = Recorder()
    assert Range(2, 8, False, whole=True).suggested(trial, "a") == ("suggest_int", "a", 2, 8, ("log", False))
    assert Range(1, 9, True, whole=False).suggested(trial, "a") == ("suggest_float", "a", 1.0, 9.0, ("log", True))
    assert Choice((1, None)).suggested(trial, "a") == ("suggest_categorical", "a", (1, None))


def test_every_parameter_of_every_recipe_has_known_types():
    """A range is refused or taken for each, and nothing else happens."""
    for name in ("paper", "cyclegan", "dcgan", "oasis"):
        base = parsed(recipes.text(name), name)
        for path in params.check(base).flat():
            try:
                read([f"{path}=1..2"], base)
            except ParamsError as error:
                assert str(error) and "given twice" not in str(error)
