"""The floors of colourisation, and their rows in the table of scores."""

import made_examples
import numpy as np
import pandas as pd
import pytest

from pix2pix.data.channels import brought
from pix2pix.evaluation import floors
from pix2pix.evaluation.evaluation import evaluate
from pix2pix.evaluation.rows import Rows
from pix2pix.models.translator import WAYS
from pix2pix.params import Evaluate

SIZE = 32
TASK = made_examples.task("picture", "picture", SIZE, channels=(1, 3))


def photos(count, split, seed):
    """Photos of few colours, whose input is their grey."""
    random = np.random.default_rng(seed)
    made = random.integers(0, 256, (count, SIZE // 8, SIZE // 8, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    pairs = [(brought(photo, 1), photo) for photo in made]
    return made_examples.of(pairs, TASK, [f"{split}/{number}" for number in range(1, count + 1)])


def test_each_grey_gets_the_mean_colour_that_it_has_in_training():
    grey = np.array([[[5], [5]], [[9], [200]]], np.uint8)
    colours = np.array([[[0, 10, 1], [4, 20, 2]], [[9, 9, 9], [255, 0, 7]]], np.uint8)
    means = floors.lightness_means(made_examples.of([(grey, colours)], made_examples.task(size=2, channels=(1, 3))))
    assert means[[5, 9, 200]].tolist() == [[2, 15, 2], [9, 9, 9], [255, 0, 7]]  # 1.5 is rounded to the even 2
    assert means[[0, 77, 255]].tolist() == [[0, 0, 0], [77, 77, 77], [255, 255, 255]]  # never seen: grey


def test_16_bits_have_256_levels():
    task = made_examples.task(size=1, channels=(1, 3), bits=(16, 16))
    pair = np.array([[[0x1234]]], np.uint16), np.array([[[1000, 2000, 60000]]], np.uint16)
    means = floors.lightness_means(made_examples.of([pair], task))
    assert means.dtype == np.uint16 and means[0x12].tolist() == [1000, 2000, 60000]
    assert means[255].tolist() == [65535] * 3


@pytest.mark.parametrize(
    ("kinds", "channels", "there", "absent"),
    [
        (("picture", "picture"), (1, 3), ["grey_input", "lightness_means"], []),
        (("picture", "picture"), (3, 3), ["input_itself", "mean_target"], []),
        (("picture", "label map"), (3, 3), ["input_itself", "mean_target"], []),
        (("picture", "label map"), (1, 3), ["mean_target"], ["input_itself"]),
        (("label map", "picture"), (3, 3), [], []),
    ],
)
def test_every_task_has_its_floors_or_says_what_it_lacks(kinds, channels, there, absent):
    task = made_examples.task(*kinds, SIZE, channels)
    assert list(floors.of_pictures(task, made_examples.noise(2, task))) == there
    assert list(floors.left_out(task, paired=True)) == absent
    unpaired = [] if kinds[0] == "label map" or "grey_input" in there else ["input_itself", "mean_target"]
    assert list(floors.left_out(task, paired=False)) == unpaired


def test_the_floors_of_pictures_are_the_input_and_the_mean_of_the_training_targets():
    task = made_examples.task("picture", "picture", 1, bits=(16, 8))
    targets = [np.array([[[0, 10, 255]]], np.uint8), np.array([[[4, 20, 254]]], np.uint8)]
    given = np.array([[[0x1234, 0xFF00, 7]]], np.uint16)
    answers = floors.of_pictures(task, made_examples.of([(given, target) for target in targets], task))
    assert answers["input_itself"](given).tolist() == [[[0x12, 0xFF, 0]]]
    mean = answers["mean_target"](given)
    assert mean.tolist() == [[[2, 15, 254]]] and mean.dtype == np.uint8  # 254.5 is rounded to the even 254


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")

    def painter(grey, seed):
        return np.clip(grey.astype(int) + np.array([20 + seed, 0, 0]), 0, 255).astype(np.uint8)

    ways = dict.fromkeys(WAYS, painter)
    split, training = photos(6, "val", 1), photos(4, "train", 2)
    settings, rows = Evaluate(repeats=2), Rows(folder / "rows", ["toy"], {})
    return evaluate(split, training, None, ways, {}, settings, folder / "pictures", rows)


def test_the_floors_stand_in_the_table_with_intervals(result):
    split = photos(6, "val", 1)
    grey = [float(np.abs(e["target"].astype(int) - e["input"]).mean() / 255) for e in split]
    row = result.scores.loc["grey_input"]
    assert row["l1"] == pytest.approx(np.mean(grey))
    assert row["l1_low"] < row["l1"] < row["l1_high"]
    assert row["name"] == "the grey picture itself (floor)" and row["colourfulness"] == 0
    assert pd.notna(result.scores.loc["lightness_means", ["l1", "psnr", "ssim", "lab_a"]].astype(float)).all()


def test_real_pictures_have_their_colourfulness_and_nothing_else(result):
    real = result.scores.loc["real"]
    assert real["colourfulness"] > result.scores.loc["generated", "colourfulness"] > 0
    assert real["colourfulness_low"] < real["colourfulness"] < real["colourfulness_high"]
    assert real[["l1", "ssim", "lab_l", "class_iou"]].isna().all()
    assert result.images["real_colourfulness"].mean() == pytest.approx(real["colourfulness"])
    flat = result.flat()
    assert flat["real_colourfulness"] == pytest.approx(real["colourfulness"])
    assert flat["colourfulness"] == pytest.approx(result.scores.loc["generated", "colourfulness"])


def test_what_is_left_out_is_said_by_name(result):
    assert {"fcn_scores", "class_means", "fid", "kid", "ms_ssim"} <= result.absent.keys()
    assert "colourfulness" not in result.absent and "lab" not in result.absent
