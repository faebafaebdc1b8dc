import copy
import json
import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Literal, get_args

import pytest
from conftest import CHECKOUT

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import Dataset, model
from pix2pix.params.section import FROM_FILE, Section
from pix2pix.params.values import Count, Fraction

DEFAULTS = params.Params().model_dump()
# JSON is YAML; every problem below is put into this file of sound values.
SOUND = json.dumps(DEFAULTS, indent=1)


def with_value(path, value):
    content = copy.deepcopy(DEFAULTS)
    *sections, key = path.split(".")
    section = content[sections[0]] if sections else content
    section[key] = value
    return content


def problems(content):
    with pytest.raises(ParamsError) as caught:
        params.check(content)
    return str(caught.value).splitlines()


def from_text(folder, text):
    path = folder / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return params.load(path)


def problem_in_text(folder, text):
    with pytest.raises(ParamsError) as caught:
        from_text(folder, text)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_sound_values_are_read_back(tmp_path):
    assert from_text(tmp_path, SOUND) == params.Params()


@pytest.mark.skipif(not os.environ.get("CI"), reason="params.yaml is the user's to edit")
def test_what_might_never_end_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "params.yaml")
    with pytest.raises(ParamsError, match="a device, a pipe or a socket, where a file belongs"):
        params.read(tmp_path / "params.yaml")


def test_the_shipped_file_says_the_defaults():
    assert params.load(CHECKOUT / "params.yaml") == params.Params()


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("model.lamda_l1", "did you mean model.lambda_l1?"),
        ("train.epoch", "did you mean train.epochs?"),
        ("data.imagesize", "did you mean data.image_size?"),
        ("trian", "did you mean train?"),
        ("Seed", "did you mean seed?"),
        (
            "evaluate.zzz",
            "known here: seed, repeats, steps, solver, beside, inception_weights, inception_sha256",
        ),
        ("zzz", "known here: seed, data, download, prepare, segmenter, model, train, evaluate, report, tracking"),
        # in another section
        ("train.lambda_l1", "it is model.lambda_l1 now"),
        ("train.learning_rate_schedule", "train.decay_epochs replaces it"),
        ("train.lamda_l1", "did you mean model.lambda_l1?"),
        ("lambda_l1", "did you mean model.lambda_l1?"),
        ("model.mirror", "did you mean train.mirror?"),
        ("data.epoch", "did you mean train.epochs?"),  # the segmenter has epochs, too
        ("model.epochs", "did you mean segmenter.epochs or train.epochs?"),
        ("data.seed", "did you mean seed or evaluate.seed?"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(path, advice):
    assert problems(with_value(path, 1)) == [f"params.yaml: {path}: unknown key; {advice}"]


def test_a_misspelt_key_is_not_also_reported_as_missing():
    content = copy.deepcopy(DEFAULTS)
    content["model"]["lambda_1"] = content["model"].pop("lambda_l1")
    assert problems(content) == ["params.yaml: model.lambda_1: unknown key; did you mean model.lambda_l1?"]


def test_every_problem_has_a_line_of_its_own():
    content = with_value("train.epochs", 0)
    content["seed"] = -1
    content["data"]["image_size"] = 200
    assert [line.split(" = ")[0] for line in problems(content)] == [
        "params.yaml: seed",
        "params.yaml: data.image_size",
        "params.yaml: train.epochs",
    ]


@pytest.mark.parametrize(
    ("path", "value", "allowed"),
    [
        # wrong types
        ("train.epochs", True, "integer"),
        ("train.epochs", "3", "integer"),
        ("train.epochs", 3.0, "integer"),
        ("train.epochs", None, "integer"),
        ("train.epochs", [3], "integer"),
        ("model.lambda_l1", "100", "number"),
        ("model.lambda_l1", True, "number"),
        ("train.mirror", 1, "boolean"),
        ("train.mirror", "off", "boolean"),
        ("data.dataset", 1, "'facades', 'cityscapes'"),
        ("tracking.experiment", 5, "string"),
        ("seed", 42.5, "integer"),
        # impossible values
        ("seed", -1, "greater than or equal to 0"),
        ("seed", 2**31, "less than 2147483648"),
        *(
            ("data.image_size", value, "a multiple of 32 from 32 to 1024, or [height, width] of two such numbers")
            for value in (200, 16, 2048, 0, -64, True, 256.0, "256x512", [], [256], [256, 200], [64, 2048], [64] * 3)
        ),
        ("data.fit", "stretch", "'resize', 'crop' or 'pad'"),
        ("data.dataset", "facade", "'facades', 'cityscapes'"),
        ("data.direction", "both", "left_to_right or right_to_left"),
        ("data.label_half", "top", "left or right"),
        ("data.sha256", "ABC", "[0-9a-f]{64}"),
        ("data.sample_train", 0, "greater than or equal to 1"),
        ("download.timeout_s", 0, "greater than 0"),
        ("train.jitter_scale", 0.99, "greater than or equal to 1"),
        ("train.jitter_scale", 4.01, "less than or equal to 4"),
        ("train.jitter_scale", math.nan, ""),
        ("model.lambda_l1", -0.1, "greater than or equal to 0"),
        ("model.lambda_l1", math.nan, ""),
        ("model.lambda_l1", math.inf, "finite"),
        ("model.learning_rate", 0, "greater than 0"),
        ("model.learning_rate", math.inf, "finite"),
        ("model.norm_epsilon", 0.0, "greater than 0"),
        ("model.beta_1", 1.0, "less than 1"),
        ("model.beta_1", math.nan, ""),
        ("model.leaky_slope", -0.1, "greater than or equal to 0"),
        ("model.loss", "gan", "'cgan+l1', 'gan+l1', 'cgan' or 'l1'"),
        ("model.generator", "resnet", "'unet' or 'encoder_decoder'"),
        ("model.receptive_field", 71, "1, 16, 70, 94 or 286"),
        ("train.batch_size", 0, "greater than or equal to 1"),
        ("train.keep_checkpoints", 0, "greater than or equal to 1"),
        ("train.keep_checkpoints", 1.5, "integer"),
        ("train.checkpoint_minutes", 0, "greater than 0"),
        ("train.checkpoint_minutes", -1, "greater than 0"),
        ("train.checkpoint_minutes", math.inf, "finite"),
        ("train.checkpoint_minutes", "10", "number"),
        ("train.decay_epochs", -1, "greater than or equal to 0"),
        ("train.decay_epochs", True, "integer"),
        ("train.start_from", "no/such/model", "null, a folder of a model or a checkpoint that exists, models:/…"),
        ("train.start_from", "", "null, a folder of a model or a checkpoint that exists, models:/…"),
        ("train.start_from", 3, "string"),
        ("model.system", "pix3pix", "a known system: bridge, cgan, cyclegan, dcgan, oasis, pix2pix, pix2pixhd"),
        ("model.system", ["pix2pix"], "a known system: bridge, cgan, cyclegan, dcgan, oasis, pix2pix, pix2pixhd"),
        ("model.system", None, "a known system: bridge, cgan, cyclegan, dcgan, oasis, pix2pix, pix2pixhd"),
        ("segmenter.log_every", 0, "greater than or equal to 1"),
        ("segmenter.checkpoint_minutes", 0, "greater than 0"),
        ("segmenter.crop", 100, "a multiple of 32"),
        ("segmenter.crop", 0, "greater than or equal to 32"),
        ("segmenter.backbone", "resnet", "'compact', 'efficientnet_lite0' or 'vgg16'"),
        ("segmenter.weights", "imagenet", "null with segmenter.backbone: compact"),
        ("tracking.experiment", "", "at least 1 character"),
        # addresses
        ("data.url", "ftp://example.org/a.zip", "http://, https://, s3://, gs:// or file:///, or null"),
        ("data.url", "s3://bucket", "an archive in a bucket"),
        ("data.url", "gs://bucket/folder/", "an archive in a bucket"),
        ("data.url", "facades.tar.gz", "http://, https://, s3://, gs:// or file:///, or null"),
        ("data.url", "file:///no/such/archive.zip", "a file that exists"),
        # splits
        ("data.evaluation_split", "none", "train, val, test or train:N"),
        ("data.evaluation_split", "train:0", "train:N"),
        ("data.evaluation_split", "train:-3", "train:N"),
        ("data.selection_split", "val:3", "train:N"),
        ("data.selection_split", "test", "another split than data.evaluation_split"),
        # palettes
        ("data.palette", "facades", "cmp, none, or a mapping"),
        ("data.palette", ["cmp"], "cmp, none, or a mapping"),
        ("data.palette", {"sky": [1, 2, 3]}, "two to 255 classes"),
        ("data.palette", {"": [1, 2, 3], "sky": [0, 0, 0]}, "no control characters, not ''"),
        ("data.palette", {" ": [1, 2, 3], "sky": [0, 0, 0]}, "no control characters, not ' '"),
        ("data.palette", {"a\u202eb": [1, 2, 3], "sky": [0, 0, 0]}, r"no control characters, not 'a\u202eb'"),
        ("data.palette", {"a\nb": [1, 2, 3], "sky": [0, 0, 0]}, r"no control characters, not 'a\nb'"),
        ("data.palette", {"sky ": [1, 2, 3], "sky": [0, 0, 0]}, "another name for every class, and 'sky' is there"),
        ("data.palette", {"\u00e9": [1, 2, 3], "e\u0301": [0, 0, 0]}, "another name for every class, and"),
        ("data.palette", {"sky": [1, 2, 3], "road": [1, 2, 3]}, "a different colour for every class"),
    ],
)
def test_an_impossible_value_is_one_line_with_path_value_and_what_is_allowed(path, value, allowed):
    (line,) = problems(with_value(path, value))
    assert line.startswith(f"params.yaml: {path} = {value!r}: ")
    assert allowed in line


@pytest.mark.parametrize("colour", [[1, 2, 256], [1, 2, -1], [1, 2], [1, 2, 3, 4], [1, 2, 3.5], "red", 7.5])
def test_a_wrong_colour_is_named_with_its_class(colour):
    lines = problems(with_value("data.palette", {"sky": [1, 2, 3], "road": colour}))
    assert len(lines) == 1
    assert lines[0].startswith("params.yaml: data.palette.road")


@pytest.mark.parametrize("name", ["none", "str", "int", "other[s]"])
def test_a_wrong_colour_is_named_whatever_its_class_is_called(name):
    (line,) = problems(with_value("data.palette", {"sky": [1, 2, 3], name: [1, 2, 256]}))
    assert line.startswith(f"params.yaml: data.palette.{name} = ")


def test_true_is_no_receptive_field():
    (line,) = problems(with_value("model.receptive_field", True))
    assert line.startswith("params.yaml: model.receptive_field = True: ")


@pytest.mark.parametrize("palette", ["cmp", "none", {"sky": [0, 0, 0], "\u0646\u200c\u062e b": [9, 9, 9]}])
def test_the_three_kinds_of_palette(palette):
    assert params.check(with_value("data.palette", palette)).data.palette == palette


def test_weights_are_vgg16s_and_there(tmp_path):
    content = with_value("segmenter.backbone", "vgg16")
    for weights in (None, "imagenet", str(tmp_path / "vgg16.h5")):
        (tmp_path / "vgg16.h5").touch()
        content["segmenter"]["weights"] = weights
        assert params.check(content).segmenter.weights == weights
    for weights in (str(tmp_path), str(tmp_path / "absent.h5"), ""):
        content["segmenter"]["weights"] = weights
        (line,) = problems(content)
        assert line.startswith("params.yaml: segmenter.weights = ") and "a file that exists" in line


def test_facade_classes_are_for_facades_only():
    content = with_value("data.dataset", "maps")
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.palette = 'cmp': must be none, ")
    content["data"]["palette"] = "none"
    assert params.check(content).data.dataset == "maps"


def test_models_to_compare_with_are_in_a_folder(tmp_path):
    content = with_value("evaluate.beside", str(tmp_path))
    assert params.check(content).evaluate.beside == str(tmp_path)
    (tmp_path / "model.h5").touch()
    for path in (tmp_path / "absent", tmp_path / "model.h5", "~/models", ""):
        (line,) = problems(with_value("evaluate.beside", str(path)))
        assert line.startswith("params.yaml: evaluate.beside = ") and "a folder that exists" in line


def test_weights_for_fid_have_a_file_and_its_hash(tmp_path):
    path, sha256 = str(tmp_path / "inception.pth"), 64 * "a"
    Path(path).touch()
    evaluate = params.Evaluate(inception_weights=path, inception_sha256=sha256)
    assert (evaluate.inception_weights, evaluate.inception_sha256) == (path, sha256)
    for weights, its, key, words in (
        (
            path,
            None,
            "inception_sha256 = None",
            f"must be the SHA-256 of evaluate.inception_weights (`sha256sum {path}`",
        ),
        (None, sha256, "inception_weights = None", "must be the file of evaluate.inception_sha256; or both"),
        (path, "abc", "inception_sha256 = 'abc'", "must match pattern"),
        (path + "x", sha256, "inception_weights = '", "must be null, or a file that exists"),
        ("~/inception.pth", sha256, "inception_weights = '~/inception.pth'", "its name written out (no ~)"),
    ):
        content = with_value("evaluate.inception_weights", weights)
        content["evaluate"]["inception_sha256"] = its
        (line,) = problems(content)
        assert line.startswith(f"params.yaml: evaluate.{key}") and words in line


def test_own_pairs_need_a_direction_and_a_place(tmp_path):
    content = with_value("data.dataset", "custom")
    content["data"] |= {"direction": "auto", "path": str(tmp_path)}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.direction = 'auto': must be left_to_right or right_to_left")
    assert "`pix2pix look PATH` shows" in line
    content["data"] |= {"direction": "left_to_right", "path": str(tmp_path / "absent")}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.path = ") and "that exists" in line
    content["data"] |= {"path": str(tmp_path)}
    assert params.check(content).data.path == str(tmp_path)
    content["data"] |= {"url": "https://example.org/own.zip"}
    assert params.check(content).data.url == "https://example.org/own.zip"
    content["data"] |= {"path": "/dev/zero"}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.path = '/dev/zero'") and "a folder or an archive" in line
    content["data"] |= {"path": "~"}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.path = '~'") and "no ~" in line


@pytest.mark.parametrize("place", [".", "data", "data/raw", "data/records", "data/raw/own"])
def test_own_pairs_do_not_lie_where_the_pipeline_writes(tmp_path, monkeypatch, place):
    """DVC would only say that one folder is both a dependency and an output."""
    monkeypatch.setattr("pix2pix.params.data.CHECKOUT", tmp_path)
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    content = with_value("data.dataset", "custom")
    content["data"] |= {"direction": "left_to_right", "palette": "none", "path": str(tmp_path / place)}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.path = ") and "another place than what the pipeline makes" in line
    content["data"]["path"] = str(tmp_path / "data/own")
    (tmp_path / "data/own").mkdir(parents=True)
    assert params.check(content).data.path == str(tmp_path / "data/own")


def test_own_pairs_have_to_say_what_they_are(tmp_path):
    """No default fits pairs that nobody knows: one line for each key that is not said."""
    content = with_value("data.dataset", "custom")
    auto = dict.fromkeys(("direction", "palette", "label_half"), "auto")
    content["data"] |= {"path": str(tmp_path), **auto}
    lines = problems(content)
    assert [line.split(":")[1].split()[0] for line in lines] == [f"data.{key}" for key in auto]
    assert all("only for known data sets; `pix2pix look PATH`" in line for line in lines)
    content["data"] |= {"direction": "left_to_right", "palette": "none"}
    assert params.check(content).data.label_half == "right", "it has no effect, so nobody has to say it"
    content["data"] |= {"palette": {"sky": [0, 0, 0], "road": [9, 9, 9]}}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.label_half = 'auto': must be left or right")


@pytest.mark.parametrize("dataset", [*get_args(Dataset)])
def test_auto_is_what_is_known_of_a_data_set_and_nobody_else_meets_it(dataset, tmp_path):
    content = with_value("data.dataset", dataset)
    content["data"] |= {**dict.fromkeys(("direction", "palette", "label_half"), "auto"), "path": str(tmp_path)}
    if dataset == "custom":
        assert len(problems(content)) == 3
        return
    if dataset == "bricks":  # single pictures only
        assert "data.task = 'pairs': must be pictures" in problems(content)[0]
        return
    data = params.check(content).data
    usual = {"facades", "sample", "cityscapes"}
    assert data.direction == ("right_to_left" if dataset in usual else "left_to_right")
    assert data.palette == ("cmp" if dataset in ("facades", "sample") else "none")
    assert data.label_half == "right"
    assert data.decisive() == type(data)(**data.model_dump()).decisive()
    content["data"] |= {"dataset": "unheard of"}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.dataset = 'unheard of'")


def test_classes_for_a_known_data_set_are_in_its_own_half():
    content = with_value("data.dataset", "edges2shoes")
    content["data"] |= {
        "direction": "auto",
        "label_half": "auto",
        "palette": {"edge": [0, 0, 0], "none": [255, 255, 255]},
    }
    assert params.check(content).data.label_half == "left"
    content["data"] |= {"dataset": "night2day"}
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.label_half = 'auto'")


def test_a_file_address_may_have_blanks(tmp_path):
    archive = tmp_path / "my pairs.zip"
    archive.touch()
    assert params.check(with_value("data.url", archive.as_uri())).data.url.endswith("my%20pairs.zip")


def test_a_sample_split_that_is_not_drawn_cannot_be_scored():
    content = with_value("data.dataset", "sample")
    content["data"]["sample_test"] = 0
    (line,) = problems(content)
    assert line.startswith("params.yaml: data.evaluation_split = 'test'") and "data.sample_test is 0" in line


@pytest.mark.parametrize(
    ("size", "field", "possible"),
    [
        (32, 286, False),
        (64, 286, False),
        (96, 286, True),
        (128, 286, True),
        (32, 70, True),
        ([64, 512], 286, False),
        ([512, 64], 286, False),
        ([96, 512], 286, True),
    ],
)
def test_a_discriminator_needs_a_patch_to_judge(size, field, possible):
    content = with_value("data.image_size", size)
    content["segmenter"]["crop"] = 32
    content["model"]["receptive_field"] = field
    if possible:
        assert params.check(content).model.receptive_field == field
    else:
        line = f"params.yaml: model.receptive_field = 286: must be one of 1, 16, 70, 94 for data.image_size {size}"
        assert problems(content) == [line]


@pytest.mark.parametrize(
    ("said", "value", "size", "words"),
    [
        (256, 256, (256, 256), "256x256"),
        ([256, 512], [256, 512], (256, 512), "512x256"),
        ([96, 96], 96, (96, 96), "96x96"),
    ],
)
def test_a_size_is_a_side_or_height_and_width(said, value, size, words):
    data = params.check(with_value("data.image_size", said)).data
    assert (data.image_size, data.size, data.size_in_words) == (value, size, words)


def test_a_training_begins_with_a_model_that_is_there_or_has_an_address(tmp_path):
    for place in (None, str(tmp_path), "models:/facades@champion", "runs:/0123/generator"):
        assert params.check(with_value("train.start_from", place)).train.start_from == place
    (tmp_path / "file").touch()
    (line,) = problems(with_value("train.start_from", str(tmp_path / "file")))
    assert line.startswith("params.yaml: train.start_from = ")
    assert "a folder of a model or a checkpoint that exists" in line


@pytest.mark.parametrize(
    "path", ["seed", "evaluate", "model", "model.system", "model.beta_1", "data.sample_seed", "tracking.log_model"]
)
def test_a_missing_key_or_section_is_named(path):
    content = copy.deepcopy(DEFAULTS)
    *sections, key = path.split(".")
    del (content[sections[0]] if sections else content)[key]
    assert problems(content) == [
        f"params.yaml: {path}: missing; the file needs every key, and `pix2pix migrate` adds new ones"
    ]


@pytest.mark.parametrize("content", [None, [], "text", 3])
def test_what_is_no_mapping_is_refused(content):
    (line,) = problems(content)
    assert line.startswith("params.yaml: must be a mapping with the sections seed, data, ")


def test_a_section_that_is_no_mapping_is_refused():
    for section in ("train", "model"):
        for value in (None, [1], "on"):
            (line,) = problems(with_value(section, value))
            assert line.startswith(f"params.yaml: {section} = {value!r}: must be ")


# ---- a part of the file ----


def test_a_stage_gets_the_sections_it_asks_for_and_no_other():
    some = params.check(DEFAULTS, "params.yaml", "seed", "data")
    assert (some.seed, some.data) == (42, params.Data())
    assert set(some.flat()) == {"seed"} | {f"data.{key}" for key in DEFAULTS["data"]}
    with pytest.raises(AttributeError, match=r"Params\(seed, data\).*'train'"):
        some.train.epochs  # noqa: B018


def test_what_is_wrong_elsewhere_is_not_looked_at():
    content = with_value("train.epochs", 0) | {"trian": {}}
    del content["report"]
    assert params.check(content, "params.yaml", "data", "model").model == params.Pix2pix()
    with pytest.raises(ParamsError, match=r"^params.yaml: train.epochs = 0: [^\n]*$"):
        params.check(content, "params.yaml", "data", "train")
    with pytest.raises(
        ParamsError,
        match=r"^params.yaml: report: missing; the file needs every key, and `pix2pix migrate` adds new ones$",
    ):
        params.check(content, "params.yaml", "data", "report")


def test_sections_are_compared_where_the_whole_file_is_checked():
    content = with_value("model.receptive_field", 286)
    content["data"]["image_size"] = 32
    assert params.check(content, "params.yaml", "data", "model").model.receptive_field == 286
    (line,) = problems(content)
    assert line.startswith("params.yaml: model.receptive_field = 286: must be one of 1, 16, 70, 94 ")


# ---- systems ----


class Other(Section):
    """Another system, with a key of its own and one that pix2pix has too."""

    system: Literal["other"] = "other"
    steps: Count = 3
    beta_1: Fraction = 0.9


def test_the_system_chooses_the_keys_of_its_section(monkeypatch):
    monkeypatch.setattr(model, "SYSTEMS", {"pix2pix": params.Pix2pix, "other": Other})
    read = lambda keys: model.validated(keys, SimpleNamespace(context=FROM_FILE))  # noqa: E731
    assert read({"system": "other", "steps": 7, "beta_1": 0.5}) == Other(steps=7, beta_1=0.5)
    assert read(DEFAULTS["model"]) == params.Pix2pix()
    (line,) = problems(with_value("model", {"system": "other", "steps": 0, "beta_1": 0.5}))
    assert line == "params.yaml: model.steps = 0: must be greater than or equal to 1"
    (line,) = problems(with_value("model", {"system": "other", "steps": 1}))
    assert line == "params.yaml: model.beta_1: missing; the file needs every key, and `pix2pix migrate` adds new ones"
    (line,) = problems(with_value("model", {"system": "other", "steps": 1, "beta_1": 0.5, "lambda_l1": 3}))
    assert line == "params.yaml: model.lambda_l1: unknown key; known here: system, steps, beta_1"
    (line,) = problems(with_value("model", {"system": "third"}))
    assert line == "params.yaml: model.system = 'third': must be a known system: pix2pix, other"


def test_a_key_that_is_no_text_beside_a_missing_one():
    content = copy.deepcopy(DEFAULTS)
    content["model"][1] = content["model"].pop("beta_1")
    assert problems(content)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SOUND[:-1] + ', "seed": 3}', "duplicate key"),
        ("seed: 1\ntrain:\n  mirror: true\n  mirror: false\n", "line 4: not YAML: found duplicate key"),
        ("train: [1, 2", "line 1: not YAML"),
        ("a:\n\t- b", "line 2: not YAML"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("a: !!python/object:os.system 1", "not YAML"),
        ("a: \0", "cannot be read"),
        ("été: 1".encode("latin-1"), "cannot be read: 'utf-8'"),
        ("", "must be a mapping"),
        ("# nothing\n", "must be a mapping"),
        ("- seed: 42\n", "must be a mapping"),
    ],
)
def test_what_is_no_parameters_file_is_one_line(tmp_path, text, told):
    problem = problem_in_text(tmp_path, text)
    assert problem.startswith(f"{tmp_path / 'params.yaml'}: ")
    assert told in problem


def test_an_impossible_date_is_one_line(tmp_path):
    assert problem_in_text(tmp_path, SOUND.replace('"seed": 42', '"seed": 2024-13-45'))


def test_absent_file_and_folder_are_one_line(tmp_path):
    with pytest.raises(ParamsError, match="no such file"):
        params.load(tmp_path / "params.yaml")
    with pytest.raises(ParamsError, match="cannot be read"):
        params.load(tmp_path)


def test_numbers_and_words_are_read_as_dvc_reads_them(tmp_path):
    """YAML 1.2: `2e-4` is a number, which YAML 1.1 calls text; `off` is text, which YAML 1.1 calls false."""
    text = SOUND.replace('"learning_rate": 0.0002', '"learning_rate": 2e-4')
    assert text != SOUND
    assert from_text(tmp_path, text).model.learning_rate == 0.0002
    problem = problem_in_text(tmp_path, SOUND.replace('"mirror": true', '"mirror": off'))
    assert "train.mirror = 'off': " in problem
    for infinite in (".inf", ".nan", "-.inf"):
        assert "model.lambda_l1 = " in problem_in_text(
            tmp_path, SOUND.replace('"lambda_l1": 100', f'"lambda_l1": {infinite}')
        )


def test_flat_names_every_value_by_its_path():
    flat = params.Params().flat()
    assert flat["seed"] == 42
    assert flat["model.lambda_l1"] == 100
    assert flat["data.palette"] == "cmp"
    assert not any(isinstance(value, dict) for value in flat.values())
    assert len(flat) == 1 + sum(len(section) for section in DEFAULTS.values() if isinstance(section, dict))


def python(command, environment=None):
    """What a fresh Python prints, with our source on its path."""
    source = {"PYTHONPATH": str(CHECKOUT / "src")}
    result = subprocess.run(
        [sys.executable, "-c", command],
        env=os.environ | source | (environment or {}),
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def test_light_modules_do_not_import_tensorflow():
    names = (
        "params",
        "base.files",
        "pipeline.stage",
        "data.download",
        "data.labels",
        "data.tasks",
        "training.fingerprint",
    )
    modules = ", ".join(f"pix2pix.{name}" for name in names)
    command = f"import sys, {modules}; print([m for m in ('tensorflow', 'keras', 'mlflow') if m in sys.modules])"
    assert python(command).strip() == "[]"


@pytest.fixture
def checkout(tmp_path):
    """A scratch copy of what a stage needs."""
    for name in ("src", "stages"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "dvc.yaml", tmp_path)
    (tmp_path / "params.yaml").write_text(SOUND)
    return tmp_path


def run(stage, checkout, cwd):
    """A stage's result, without the lines of `-X importtime`; the modules it imported; its seconds."""
    command = [sys.executable, "-X", "importtime", str(checkout / "stages" / stage)]
    began = time.perf_counter()
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    imports = [line.split("|")[-1].strip() for line in result.stderr.splitlines() if line.startswith("import time:")]
    result.stderr = "".join(f"{line}\n" for line in result.stderr.splitlines() if not line.startswith("import time:"))
    return result, imports, seconds


def test_the_check_stage_says_what_is_about_to_run(checkout, tmp_path_factory):
    result, imports, _ = run("check.py", checkout, tmp_path_factory.mktemp("elsewhere"))
    assert (result.returncode, result.stderr) == (0, "")
    assert "pix2pix.params" in imports and not {"tensorflow", "keras", "mlflow"} & set(imports)
    assert result.stdout.startswith("params.yaml is sound: facades right_to_left at 256x256, unet, cgan+l1 λ=100,")


@pytest.mark.parametrize("stage", ["check.py", "prepare.py", "train.py", "report.py"])
def test_a_stage_stops_at_a_problem_at_once_without_a_traceback(checkout, stage):
    (checkout / "params.yaml").write_text(SOUND.replace('"image_size"', '"imagesize"'))
    result, imports, seconds = run(stage, checkout, checkout)
    assert result.returncode == 2
    assert result.stderr == "error: params.yaml: data.imagesize: unknown key; did you mean data.image_size?\n"
    assert result.stdout == ""
    assert not {"tensorflow", "keras", "mlflow"} & set(imports)
    # A second on a quiet machine; the rest is for a busy one.
    assert seconds < 10


@pytest.mark.parametrize(
    ("loss", "objective", "conditional"),
    [("cgan+l1", "cgan+l1 λ=7", True), ("gan+l1", "gan+l1 λ=7", False), ("cgan", "cgan", True)],
)
def test_pix2pix_says_what_it_is(loss, objective, conditional):
    """λ is named only if it weighs one part of the loss against another."""
    section = params.Pix2pix(loss=loss, lambda_l1=7, generator="encoder_decoder")
    assert (section.objective, section.summary) == (objective, f"encoder_decoder, {objective}")
    assert section.conditional == conditional


def test_the_losses_that_pix2pix_suggests_are_its_own():
    known = {"cgan+l1", "gan+l1", "cgan", "l1"}
    for instead in (params.Pix2pix.against_winner, params.Pix2pix.against_guesser):
        assert instead and {*instead, *instead.values()} <= known
        assert all(params.Pix2pix(loss=loss) for loss in instead.values())
