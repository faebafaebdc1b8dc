import json
import os
import subprocess
import sys
import warnings

import pytest
from conftest import CHECKOUT, settings

from pix2pix.params import Params
from pix2pix.params.systems.adversarial import OFF
from pix2pix.training.fingerprint import SEGMENTER, deciding, decisive, fingerprint, past

DEFAULTS = Params().model_dump()
DEPTH = {"channels": 3, "bits": 8}


def of(params, records="m", code="c"):
    return fingerprint(decisive(params, records, code))


def test_a_fingerprint_is_sixteen_hexadecimal_digits_and_the_same_every_time():
    digits = of(Params())
    assert len(digits) == 16 and set(digits) <= set("0123456789abcdef")
    command = (
        "from pix2pix.params import Params; from pix2pix.training.fingerprint import *; "
        "print(fingerprint(decisive(Params(), 'm', 'c')))"
    )
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "PYTHONHASHSEED": "1"}
    done = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digits


def test_the_default_parameters_keep_their_fingerprint():
    """Written down in November 2026. Another one would train every finished run on façades anew."""
    assert of(Params()) == "71c7377244a81794"
    assert fingerprint(decisive(Params(), "m", "c", SEGMENTER)) == "2879faa3847860fa"


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 43},
        {"data.direction": "left_to_right"},
        {"data.image_size": 64},
        {"data.image_size": [32, 64]},
        {"data.fit": "crop"},
        {"data.palette": "none"},
        {"data.selection_split": "train:2"},
        {"model.lambda_l1": 10},
        {"model.loss": "l1"},
        {"train.epochs": 3},
        {"train.buffer_size": 1},
        {"model.learning_rate": 1e-4},
        {"train.log_every": 7},
        {"train.sample_pairs": 1},
        {"train.validation_pairs": 1},
    ],
)
def test_what_decides_the_weights_or_what_is_measured_changes_the_fingerprint(changes):
    assert of(settings(changes)) != of(settings())


@pytest.mark.parametrize(
    "changes",
    [
        {"train.checkpoint_epochs": 1},
        {"train.keep_checkpoints": 7},
        {"train.checkpoint_minutes": 0.5},
        {"data.direction": "auto"},
        {"data.image_size": [32, 32]},
        {"data.fit": "resize"},
        {"data.sample_seed": 5},
        {"data.url": "https://example.org/facades.tar.gz"},
        {"data.sha256": "0" * 64},
        {"data.path": "data/own"},
        {"evaluate.seed": 1},
        {"segmenter.epochs": 5},
        {"data.name": "other"},
        {"tracking.experiment": "other"},
        {"tracking.model_name": "other"},
        {"download.timeout_s": 1},
        {"model.lambda_l1": 100.0},
    ],
)
def test_what_only_saves_or_names_a_place_leaves_the_fingerprint(changes):
    assert of(settings(changes)) == of(settings())


# Written out: a key that is added to one of the sections has to be thought about, here too.
ONLY_SAVES = {"checkpoint_epochs", "keep_checkpoints", "checkpoint_minutes"}
ONLY_A_PLACE = {"name", "url", "sha256", "path", "sample_seed", "sample_train", "sample_val", "sample_test"}
ONLY_A_PLACE |= {"inputs", "targets", "label_folder", "instances"}


def other(value):
    """A value of the same kind that is another one."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case _:
            return f"not {value}"


@pytest.mark.parametrize(
    ("section", "key"), [(section, key) for section in ("data", "model", "train") for key in DEFAULTS[section]]
)
def test_every_key_of_data_model_and_training_decides_but_those_that_only_save_or_name_a_place(section, key):
    """Whatever its values are: nothing is checked here."""
    first = Params()
    changed = getattr(first, section).model_copy(update={key: other(DEFAULTS[section][key])})
    second = first.model_copy(update={section: changed})
    decides = key not in ONLY_SAVES | ONLY_A_PLACE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pydantic sees that values are not what they should be
        assert (of(first) != of(second)) == decides
        before, after = (decisive(each, "m", "c") for each in (first, second))
    assert {name for name in before | after if before.get(name) != after.get(name)} == (
        {f"{section}.{key}"} if decides else set()
    )


def test_what_is_decisive_is_told_by_name_and_value():
    told = decisive(settings({"data.direction": "auto", "model.lambda_l1": 10}), "manifest's", "code's")
    assert told["seed"] == 42 and told["model.lambda_l1"] == 10 and told["data.image_size"] == 32
    assert told["data.direction"] == "right_to_left"  # resolved
    assert (told["records"], told["training code"]) == ("manifest's", "code's")
    assert json.loads(json.dumps(told)) == told
    sections = {name.split(".")[0] for name in told if "." in name}
    assert sections == {"data", "model", "train"}


def test_data_and_code_count_in_the_fingerprint_each_by_itself():
    prints = {of(Params(), *digests) for digests in [("a", "b"), ("b", "a"), ("ab", ""), ("", "ab")]}
    assert len(prints) == 4


def test_the_fingerprint_of_the_defaults_is_that_of_the_time_before_rectangles():
    assert of(Params()) == "71c7377244a81794"


@pytest.mark.parametrize(
    ("path", "neutral", "value"),
    [
        ("train.decay_epochs", 0, 10),
        ("train.start_from", None, "models:/facades/1"),
        ("train.replicas", 1, 2),
        ("data.fit", "resize", "pad"),
        ("model.label_input", "colours", "one_hot"),
    ],
)
def test_a_key_at_its_neutral_value_is_not_told(path, neutral, value):
    """So that the fingerprints of runs from before there was this key stay theirs."""
    assert path not in decisive(settings({path: neutral}), "m", "c")
    assert decisive(settings({path: value}), "m", "c")[path] == value
    assert of(settings({path: value})) != of(settings({path: neutral})) == of(settings())


def test_what_decides_is_told_at_neutral_values_too():
    params = settings({"model.lambda_l1": 10, "model.generator_depth": None})
    values, told = deciding(params), decisive(params, "m", "c")
    neutral = {
        "train.decay_epochs": 0,
        "train.start_from": None,
        "data.task": "pairs",
        "data.fit": "resize",
        "model.label_input": "colours",
    }
    neutral |= {"data.classes": None, "data.attribute": None, "data.attribute_share": 0.02}
    neutral |= {"data.ignore": None, "train.rotation": 0, "train.zoom": 1, "train.colour": 0, "train.cutout": 0}
    neutral |= {f"data.{field}_{part}": of for field in ("input", "target") for part, of in DEPTH.items()}
    remedies = OFF | {"adversarial": "cross_entropy", "gradient_penalty": 0, "label_noise_direction": "inward"}
    remedies |= {"discriminator_learning_rate": None, "ema": 0}
    neutral |= {f"model.{key}": off for key, off in remedies.items()}
    neutral |= {
        "model.colour_space": "rgb",
        "model.generator_depth": None,
        "model.decoder_norm": True,
        "model.upsampling": "transposed",
        "model.noise_size": 0,
        "model.lambda_diversity": 0,
    }
    neutral |= {"train.sample_epochs": None, "train.replicas": 1}
    assert values.keys() == (told.keys() - {"records", "training code"}) | neutral.keys()
    assert {path: values[path] for path in neutral} == neutral
    assert (values["seed"], values["model.lambda_l1"]) == (42, 10)


def test_a_segmenter_is_decided_by_its_own_section_and_by_its_records():
    def told(changes):
        return decisive(settings(changes), "m", "c", SEGMENTER)

    usual = told({})
    assert {name.partition(".")[0] for name in usual} == {"seed", "segmenter", "records", "training code"}
    assert told({"train.epochs": 9, "model.loss": "l1", "data.direction": "left_to_right"}) == usual
    assert told({"segmenter.checkpoint_minutes": 0.5}) == usual
    for changes in ({"segmenter.epochs": 7}, {"segmenter.log_every": 7}, {"seed": 1}):
        assert told(changes) != usual
    told_too = deciding(settings(), SEGMENTER).keys() - {
        "segmenter.precision",
        "segmenter.replicas",
    }  # at their neutral values
    assert told_too == usual.keys() - {"records", "training code"}


def test_the_past_of_a_run_is_that_of_a_longer_one_and_of_one_that_slows_down():
    short, longer, slowing, other = (
        past(decisive(settings({"train.epochs": 5, "model.generator_depth": None} | changes), "m", "c"))
        for changes in ({}, {"train.epochs": 9}, {"train.decay_epochs": 4}, {"train.batch_size": 2})
    )
    assert short == longer == slowing != other
    assert short.keys() == decisive(Params(), "m", "c").keys() - {"train.epochs"}


def test_the_defaults_keep_the_fingerprint_that_they_have_always_had():
    """Of these digests of records and code. Keys that came later are neutral here."""
    assert of(Params()) == "71c7377244a81794"


@pytest.mark.parametrize(
    ("path", "neutral", "value"),
    [
        ("data.input_channels", 3, 1),
        ("data.target_channels", 3, 4),
        ("data.input_bits", 8, 16),
        ("data.target_bits", 8, 16),
    ],
)
def test_channels_and_bits_count_where_they_are_not_those_of_rgb(path, neutral, value):
    bare = {"data.palette": "none"}
    assert path not in decisive(settings(bare | {path: neutral}), "m", "c")
    assert decisive(settings(bare | {path: value}), "m", "c")[path] == value
