"""Result files with values that the stages never write: each is named with its file and key, and none is shown."""

import json
import math
from copy import deepcopy
from typing import Any

import pytest
from finished import make_run, settings

from pix2pix.base.errors import DataError
from pix2pix.reports.run import read_run

WRONG = ("x", None, [[1]], math.nan, {"x": 1})
# A key of each file, at any depth; what stands there is replaced.
KEYS = [
    ("data/records/manifest.json", ("roles", "evaluation", "ids")),
    ("data/records/manifest.json", ("roles", "train", "pairs")),
    ("models/generator/about.json", ("epoch",)),
    ("models/generator/about.json", ("fields", "target", "width")),
    ("models/generator/about.json", ("palette",)),
    ("metrics/train.json", ("steps",)),
    ("metrics/segmenter.json", ("constant_pixel_accuracy",)),
    ("metrics/segmenter.json", ("real_over_prior_low",)),
    ("metrics/evaluate.json", ("ssim",)),
    ("metrics/evaluate.json", ("generated_pixel_accuracy_high",)),
    ("metrics/evaluate.json", ("lab_a_high",)),
    ("reports/training/times.json", ("seconds",)),
    ("reports/training/times.json", ("exact",)),
    ("reports/training/health.json", ("findings", 0, "words")),
    ("reports/training/curves.json", (0, "role")),
    ("reports/training/curves.json", (0, "caption")),
    ("reports/training/curves.json", (0, "factor")),
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("finished"), settings())


@pytest.fixture
def damaged(finished):
    """Write a file of the finished run anew; afterwards it is as before."""
    before = {}

    def damage(name, content):
        path = finished / name
        before.setdefault(path, path.read_bytes())
        path.write_text(content, encoding="utf-8")
        return path

    yield damage
    for path, content in before.items():
        path.write_bytes(content)


def refused(folder):
    with pytest.raises(DataError) as caught:
        read_run(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_finished_run_is_whole(finished):
    assert read_run(finished).scores["pairs"] == 5


@pytest.mark.parametrize(("name", "keys"), KEYS, ids=lambda each: str(each).replace("/", "-"))
def test_an_impossible_value_is_named_with_its_file_and_key(finished, damaged, name, keys):
    text = (finished / name).read_text(encoding="utf-8")
    texts = keys[-1] in ("id", "words")
    for wrong in (*(each for each in WRONG if not (texts and each == "x")), "absent"):
        content: Any = json.loads(text)
        place = content
        for key in keys[:-1]:
            place = place[key]
        if wrong == "absent":
            del place[keys[-1]]
        else:
            place[keys[-1]] = deepcopy(wrong)
        path = damaged(name, json.dumps(content))
        if wrong == "absent" and keys in ((0, "caption"), (0, "factor")):
            assert read_run(finished).curves  # a curve has a neutral one
            continue
        said = refused(finished)
        assert said.startswith(f"{path}: ") and ".".join(map(str, keys)) in said and "`dvc repro " in said


@pytest.mark.parametrize("name", sorted({name for name, _ in KEYS}))
@pytest.mark.parametrize("content", ["", "[]", "5", "null", '{"a": ', "\x00"])
def test_another_kind_of_file_is_named(finished, damaged, name, content):
    if (name, content) == ("reports/training/curves.json", "[]"):
        return  # without curves nothing is drawn
    path = damaged(name, content)
    said = refused(finished)
    assert said.startswith(f"{path}: ") and "Expecting" not in said and "indices" not in said


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("reports/images.csv", "ssim"),
        ("reports/images.csv", "nearest_l1"),
        ("reports/images.csv", "generated_pixel_accuracy"),
        ("reports/images.csv", "id"),
        ("reports/scores.csv", "ssim"),
        ("reports/confusions/real.csv", "wall"),
        ("reports/confusions/generated.csv", "class"),
        ("reports/training/losses.csv", "generator_l1"),
        ("reports/training/losses.csv", "step"),
        ("reports/training/validation.csv", "epoch"),
    ],
)
@pytest.mark.parametrize("wrong", ["x", "nan", "inf", ""])
def test_a_cell_that_is_no_number_is_named_with_its_column(finished, damaged, name, column, wrong):
    header, *rows = (finished / name).read_text(encoding="utf-8").splitlines()
    number = header.split(",").index(column)
    row = 1 if name.endswith("scores.csv") else 0
    cells = rows[row].split(",")
    cells[number] = wrong
    rows[row] = ",".join(cells)
    path = damaged(name, "\n".join([header, *rows]) + "\n")
    said = refused(finished)
    assert said.startswith(f"{path}: ") and "`dvc repro " in said
