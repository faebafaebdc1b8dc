"""The table, from made-up scores whose standings are plain to see."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import settings

from pix2pix.evaluation.differences import PerImage
from pix2pix.pipeline.ablation.results import Result, listed, ranking
from pix2pix.pipeline.ablation.table import markdown, table
from pix2pix.pipeline.ablation.variants import VARIANTS

BY_NAME = {variant.name: variant for variant in VARIANTS}
IMAGES = 40
# How hard each image is, which all models feel alike.
HARD = np.random.default_rng(0).uniform(0.2, 0.8, IMAGES)
NOISE = np.random.default_rng(1).uniform(-1, 1, (len(VARIANTS), IMAGES))


def result(name, right, l1=0.2, classes=True, noise=0.0):
    """A model that gets this share of the pixels right, more on easy images; `noise`: it may go either way."""
    scores = HARD + noise * NOISE[list(BY_NAME).index(name)]
    likeness = pd.DataFrame({"l1": l1 * HARD, "ssim": right + 0.1 * scores}, index=[f"val/{n}" for n in range(IMAGES)])
    hits = np.round(1000 * (right + 0.1 * (scores - 0.5))).astype(int)
    counts = np.stack([np.array([[hit, 1000 - hit], [1000 - hit, hit]]) for hit in hits]) if classes else None
    value = {"l1": l1 / 2, "ssim": right, "psnr": 12.0}
    if classes:
        share = hits.mean() / 1000
        value |= dict.fromkeys(("pixel_accuracy", "class_accuracy"), share) | {"class_iou": share / (2 - share)}
    own = {measure.key: np.nan for measure in listed()} | value
    bounds = {
        f"{key}{bound}": each + by for key, each in own.items() for bound, by in (("_low", -0.05), ("_high", 0.05))
    }
    subjects = {"generated": {"name": "generated", **own, **bounds}}
    if classes:
        subjects = {
            "real": {"name": "real photos", "class_iou": 0.9, "class_iou_low": 0.8, "class_iou_high": 0.95}
        } | subjects
        subjects["class_means"] = {"name": "mean colours", "ssim": 0.1, "ssim_low": 0.0, "ssim_high": 0.2}
    run = SimpleNamespace(
        images=likeness,
        subjects=pd.DataFrame(subjects).T,
        times=SimpleNamespace(seconds=90.0, device="a small machine"),
        manifest=SimpleNamespace(
            roles={"train": SimpleNamespace(pairs=360), "evaluation": SimpleNamespace(pairs=IMAGES)}
        ),
    )
    return Result(BY_NAME[name], settings({"data.image_size": [64, 128]}), run, PerImage(likeness, counts))


def results(**shares):
    return {name: result(name, share) for name, share in shares.items()}


def lines(text, start):
    return [line for line in text.splitlines() if line.startswith(start)]


def test_a_row_an_experiment_between_ceiling_and_floor():
    found = table(results(default=0.6, l1=0.5, lambda_10=0.7))
    assert list(found.index) == ["real", "default", "l1", "lambda_10", "class_means"]
    assert found.loc["l1", "groups"] == "losses, generator"
    assert found.loc["lambda_10", "words"] == "λ = 10"
    assert list(found["seconds"].dropna()) == [90.0] * 3
    assert found.loc["real", "words"] == "real photos" and found.loc["real", "class_iou"] == 0.9
    assert pd.isna(found.loc["real", "class_iou_difference"]) and pd.isna(found.loc["real", "ssim"])


def test_differences_are_to_the_default_row_on_the_same_images():
    found = table(results(default=0.6, l1=0.5))
    row = found.loc["l1"]
    assert row["pixel_accuracy_difference"] == pytest.approx(-0.1)
    # Every image is by a tenth worse: whichever are drawn, the difference is the same.
    assert row["pixel_accuracy_difference_low"] == pytest.approx(-0.1) == row["pixel_accuracy_difference_high"]
    assert row["ssim_difference"] == pytest.approx(-0.1)
    assert row["class_iou_difference"] == pytest.approx(row["class_iou"] - found.loc["default", "class_iou"])
    assert found.loc["default"].filter(like="difference").isna().all()


def test_the_csv_can_be_read_back():
    columns = list(table(results(default=0.6, l1=0.5)))
    assert columns[:8] == ["groups", "words", "pixel_accuracy", "pixel_accuracy_low", "pixel_accuracy_high",
                           "pixel_accuracy_difference", "pixel_accuracy_difference_low",
                           "pixel_accuracy_difference_high"]  # fmt: skip
    assert columns[-1] == "seconds" and len(columns) == 3 + 6 * 5


def test_marks_say_better_worse_or_nothing():
    """Overlapping intervals of the scores do not matter: all are ± 0.05."""
    rows = {
        "default": result("default", 0.6, l1=0.2),
        "l1": result("l1", 0.61, l1=0.19),
        "cgan": result("cgan", 0.59, l1=0.21),
        "lambda_10": result("lambda_10", 0.6, noise=1.0),
    }
    text = markdown(table(rows), rows, {})
    marks = {name: lines(text, f"| `{name}`")[0] for name in rows}
    assert marks["l1"].count(" ▲") == 5 and "▼" not in marks["l1"]
    assert marks["cgan"].count(" ▼") == 5 and "▲" not in marks["cgan"]
    assert not {"▲", "▼"} & set(marks["default"]) and not {"▲", "▼"} & set(marks["lambda_10"])


def test_the_markdown_is_a_table_in_groups():
    rows = results(default=0.6, l1=0.5, cgan=0.55, encoder_decoder=0.4, patch_1=0.3, lambda_10=0.7)
    found = lines(markdown(table(rows), rows, {}), "|")
    assert len({line.count("|") for line in found}) == 1
    heads = [line.split("|")[1].strip().partition(":")[0] for line in found]
    assert heads == [
        "", "---", "real photos", "`default`", "**losses**", "`l1`", "`cgan`", "**generator**", "`encoder_decoder`",
        "**receptive field**", "`patch_1`", "**λ**", "`lambda_10`", "mean colours",
    ]  # fmt: skip
    assert "| 0.600 [0.550, 0.650] |" in lines("\n".join(found), "| `default`")[0]
    assert found[0].split("|")[2:-1] == [
        " Per-pixel accuracy ", " Per-class accuracy ", " Class IoU ", " L1 (0 to 1) ", " SSIM ", " training, s ",
    ]  # fmt: skip


def test_the_markdown_says_what_of_and_what_is_not_there():
    rows = results(default=0.6, l1=0.5)
    text = markdown(table(rows), rows, {"patch_286": "patch_286: too large", "cgan": "cgan: its run failed"})
    assert text.startswith("sample at 128x64, 2 epochs of 360 pairs, ")
    assert "scored on 40 pairs of test. 2 trainings, 3 minutes on a small machine." in text
    assert lines(text, "- ")[-2:] == ["- patch_286: too large", "- cgan: its run failed"]
    assert "Not in the table" not in markdown(table(rows), rows, {})


def test_without_classes_there_are_no_fcn_scores():
    rows = {name: result(name, share, classes=False) for name, share in {"default": 0.6, "l1": 0.5}.items()}
    found = table(rows)
    assert list(found.index) == ["default", "l1"]
    assert not [column for column in found if "accuracy" in column or "iou" in column]
    text = markdown(found, rows, {})
    assert "By SSIM" in text and "IoU" not in text
    assert "- losses: highest: default; behind: l1." in text


def test_a_group_is_ranked_only_where_the_images_tell():
    rows = [result("default", 0.6), result("l1", 0.5), result("cgan", 0.6, noise=1.0)]
    best = max(rows, key=lambda each: each.own["class_iou"])
    other = {"default", "cgan"} - {best.variant.name}
    assert ranking(rows) == f"highest: {best.variant.name}; not to be told from it: {other.pop()}; behind: l1"


def test_of_equal_variants_none_is_behind_the_luckiest():
    """A group of four with equal variants, 200 times: the best and the worst differ by much more than two would."""
    names, random = ["default", "l1", "cgan", "gan_l1"], np.random.default_rng(0)
    parts = {name: result(name, 0.6, classes=False) for name in names}
    found = []
    for _ in range(200):
        for each in parts.values():
            each.images.likeness["ssim"] = HARD + random.normal(0, 0.1, IMAGES)
            each.run.subjects.loc["generated", "ssim"] = each.images.likeness["ssim"].mean()
        found.append("behind" in ranking(list(parts.values())))
    assert np.mean(found) <= 0.07


def test_groups_of_one_are_not_ranked():
    rows = results(default=0.6, lambda_10=0.7)
    assert lines(markdown(table(rows), rows, {}), "- ") == ["- λ: highest: lambda_10; behind: default."]


def test_another_measure_is_a_column(another_measure):
    values = {"default": 0.3, "l1": 0.2}
    rows = {name: having(result(name, 0.6), another_measure.key, value) for name, value in values.items()}
    found = table(rows)
    assert found.loc["l1", "gloom"] == 0.2 and found.loc["l1", "gloom_difference"] == pytest.approx(-0.1)
    text = markdown(found, rows, {})
    assert "| Gloom (0 to 1) |" in text
    assert "0.2000 [0.1500, 0.2500] ▲" in lines(text, "| `l1`")[0]


def having(made, key, value):
    """A result that has another measure, the same of every image."""
    made.images.likeness[key] = value
    for bound, by in (("", 0), ("_low", -0.05), ("_high", 0.05)):
        made.run.subjects.loc["generated", f"{key}{bound}"] = value + by
    return made


def few(made, images=3):
    """The same result with fewer pictures, and so without intervals."""
    bounds = [name for name in made.run.subjects if name.endswith(("_low", "_high"))]
    made.run.subjects[bounds] = np.nan
    made.run.images = made.images.likeness[:images]
    counts = made.images.confusions[:images]
    return Result(made.variant, made.params, made.run, PerImage(made.images.likeness[:images], counts))


def test_too_few_pictures_rank_nothing():
    rows = {name: few(each) for name, each in results(default=0.6, l1=0.3).items()}
    found = table(rows)
    assert found.loc["l1", "ssim_difference"] == pytest.approx(-0.3)
    assert pd.isna(found.loc["l1", ["ssim_difference_low", "ssim_difference_high"]]).all()
    text = markdown(found, rows, {})
    assert "▼" not in text and "95% interval" not in text and "| 0.300 |" in lines(text, "| `l1`")[0]
    assert "\nToo few pictures (3): no interval\n" in text
    assert lines(text, "- ") == [f"- {group}: too few pictures (3): no interval." for group in ("losses", "generator")]
