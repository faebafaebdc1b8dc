"""The page of several runs, from small made-up ones."""

import json
import re

import pandas as pd
import pytest
from finished import IDS, LIKENESS, PALETTE, make_run, settings
from markup import Reader
from ruamel.yaml import YAML

from pix2pix.base.errors import DataError
from pix2pix.base.files import read_json, write_json
from pix2pix.evaluation import differences, measures
from pix2pix.evaluation.measure import CYCLE
from pix2pix.reports import comparison, layout


@pytest.fixture
def runs(tmp_path):
    """Two runs of the same task."""
    return {
        "plain": make_run(tmp_path / "a", settings()),
        "less L1": make_run(tmp_path / "b", settings(model__lambda_l1=10.0), seed=1),
    }


def read(runs, *title):
    return Reader(comparison.page(runs, *title))


def section(page, first, last):
    return page.words[page.words.index(first) : page.words.index(last)]


def test_nothing_is_asked_of_another_machine(runs):
    page = read(runs)
    addresses = [has[key] or "" for _, has in page.elements for key in ("src", "href") if key in has]
    assert len(addresses) > 10 and all(address.startswith(("data:", "#")) for address in addresses)
    assert page.open == []


def test_the_same_runs_give_the_same_page(runs):
    assert comparison.page(runs) == comparison.page(runs)


def test_only_parameters_that_differ_are_listed(runs):
    differs = section(read(runs), "Parameter plain less L1", "Differences on the same images")
    assert differs.startswith("Parameter plain less L1 model.lambda_l1 100 10 ")
    assert "train." not in differs.replace("model.lambda_l1", "")


def test_parameters_are_those_that_dvc_noted(runs):
    noted = settings(train__epochs=9).model_dump()
    with (runs["plain"] / "dvc.lock").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({"stages": {"report": {"params": {"params.yaml": noted}}}}, file)
    assert "train.epochs 9 150 " in section(read(runs), "Parameter plain", "Differences on the same images")


def test_a_parameter_that_a_run_did_not_have_yet_is_shown(runs):
    content = settings().model_dump()
    del content["train"]["select"]
    with (runs["plain"] / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(content, file)
    assert "train.select – last" in read(runs).words


def test_differences_are_paired_and_of_the_same_images(runs):
    words = section(read(runs), "Differences on the same images", "What a segmenter recognises")
    images = {name: pd.read_csv(folder / "reports/images.csv", index_col="id") for name, folder in runs.items()}
    ssim = (images["less L1"]["ssim"] - images["plain"]["ssim"]).mean()
    # Each image lost the same 0.01: an interval of no width, without 0, and worse.
    assert ssim == pytest.approx(-0.01)
    assert "less L1 − plain" in words
    assert "−0.0100 −0.0100 to −0.0100 worse" in words
    one, other = (differences.per_image(folder / "reports", PALETTE) for folder in runs.values())
    found = differences.differences(other, one)
    assert f"{found['class_iou']:+.4f}".replace("-", "−") in words


def test_scores_stand_with_their_intervals_between_ceiling_and_floor(runs):
    words = section(read(runs), "What a segmenter recognises", "Likeness to the real picture")
    assert words.index("real pictures (ceiling)") < words.index("plain 0.6") < words.index("less L1 0.6")
    assert words.index("less L1 0.6") < words.index("(floor)")
    assert "These are not ranked against plain, because the intervals overlap – less L1: every measure." in words


def test_other_segmenters_are_told_and_their_scores_not_compared(runs):
    path = runs["plain"] / "reports/confusions/real.csv"
    counts = pd.read_csv(path, index_col="class")
    counts.iloc[0, 0] += 1
    counts.to_csv(path)
    page = read(runs)
    assert "segmenters are not the same" in page.words
    assert "Class IoU" not in section(page, "Differences on the same images", "What a segmenter recognises")
    assert "SSIM" in section(page, "Differences on the same images", "What a segmenter recognises")
    assert "real pictures (ceiling)" not in page.words


def test_every_pair_has_the_pictures_of_all_runs_in_rows(runs):
    page = read(runs)
    assert len(page.all("li", class_="pair")) == len(IDS)
    names = [picture["alt"] for picture in page.all("img")][-9:]
    assert names == [
        "input", "plain", "less L1",
        "real", "plain: error map", "less L1: error map",
        "true classes", "plain: classes read", "less L1: classes read",
    ]  # fmt: skip


def test_pairs_are_ordered_by_what_is_gained(runs):
    images = {name: pd.read_csv(folder / "reports/images.csv", index_col="id") for name, folder in runs.items()}
    key = "generated_pixel_accuracy"
    gained = {id_: images["less L1"].loc[id_, key] - images["plain"].loc[id_, key] for id_ in IDS}
    values = [json.loads(pair["data-values"] or "") for pair in read(runs).all("li", class_="pair")]
    assert {IDS[value["place"]]: value[key] for value in values} == pytest.approx(gained)
    assert [value["ssim"] for value in values] == sorted((value["ssim"] for value in values), reverse=True)


def test_curves_lie_over_each_other(runs):
    page = read(runs)
    charts = [chart["aria-label"] or "" for chart in page.all("svg")]
    assert all("plain ends at" in label and "less L1 ends at" in label for label in charts)
    assert any(label.startswith("L1 of pairs put aside") for label in charts)
    # The sum of the two terms is told as their mean.
    (loss,) = (label for label in charts if label.startswith("Discriminator over"))
    assert "plain ends at 0.55." in loss


def test_a_run_without_a_discriminator_can_be_compared(runs, tmp_path):
    runs["L1 alone"] = make_run(tmp_path / "c", settings(model__loss="l1"), seed=2)
    charts = [chart["aria-label"] or "" for chart in read(runs).all("svg")]
    assert [("L1 alone" in label) for label in charts if label.startswith("Discriminator over")] == [False]
    assert [("L1 alone" in label) for label in charts if label.startswith("L1 while training")] == [True]


def test_runs_without_classes_can_be_compared(tmp_path):
    params = settings(data__palette="none")
    page = read({name: make_run(tmp_path / name, params, seed=seed) for seed, name in enumerate("ab")})
    assert "segmenter" not in page.words
    assert "classes" not in " ".join(picture["alt"] or "" for picture in page.all("img"))


def test_runs_are_identified(runs):
    words = read(runs).words
    for told in ("00112233aabbccdd", "c0ffee", "a small machine", "python 3.11.9", "2 of 2, by last"):
        assert words.count(told) == 2


def test_the_title_is_the_names_or_what_is_said(runs):
    assert read(runs).words.count("plain and less L1") == 2
    assert read(runs, "Ablation").words.startswith("Ablation")


@pytest.mark.parametrize("pairs", [("test/1", "test/2"), ("test/1", "test/2", "test/11")])
def test_other_evaluation_pairs_are_refused_in_one_line(runs, tmp_path, pairs):
    runs["other"] = make_run(tmp_path / "c", settings(), pairs)
    with pytest.raises(
        DataError,
        match=r"^plain and other cannot be compared: they were scored on different pictures \(evaluated: 5",
    ) as caught:
        comparison.page(runs)
    assert "\n" not in str(caught.value)


def test_other_pixels_of_the_same_ids_are_refused(runs):
    path = runs["less L1"] / "data/records/manifest.json"
    manifest = read_json(path)
    manifest["roles"]["evaluation"]["pictures"] = "0" * 64
    write_json(path, manifest)
    with pytest.raises(
        DataError, match=r"on different pictures \(both are 5 pairs of test, with other ids or pixels\)$"
    ):
        comparison.page(runs)


@pytest.mark.parametrize(
    ("file", "key", "value", "said"),
    [
        ("data/records/manifest.json", "direction", "left_to_right", "direction: right_to_left against left_to_right"),
        ("models/generator/about.json", "palette", "cmp", "other classes"),
        (
            *("models/generator/about.json", "fields"),
            {key: {"kind": "picture", "width": 64, "height": 32, "channels": 3} for key in ("input", "target")},
            "input: label map of 32x32 pixels against picture of 64x32 pixels; target: ",
        ),
    ],
)
def test_other_tasks_are_refused(runs, file, key, value, said):
    path = runs["less L1"] / file
    write_json(path, read_json(path) | {key: value})
    with pytest.raises(DataError, match=rf"^plain and less L1 cannot be compared: they have different tasks \({said}"):
        comparison.page(runs)


def test_the_data_set_is_named_as_the_parameters_say(runs):
    assert "on the same 5 pairs of test of facades, with" in read(runs).words
    path = runs["plain"] / "params.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("name: null", "name: walls"), encoding="utf-8")
    assert "on the same 5 pairs of test of walls, with" in read(runs).words


def test_one_run_is_no_comparison(runs):
    del runs["plain"]
    with pytest.raises(DataError, match="two runs or more"):
        comparison.page(runs)


def test_names_are_words_not_markup(runs):
    runs["<script>alert(1)</script>"] = runs.pop("less L1")
    text = comparison.page(runs)
    assert not re.search(r"<script>alert", text)


def test_a_missing_file_is_named_with_its_run(runs):
    path = runs["less L1"] / "reports/pictures/test-1-segmentation.png"
    path.unlink()
    with pytest.raises(DataError, match=rf"^the run less L1: {path}: no such file; `dvc repro evaluate`"):
        comparison.page(runs)


@pytest.mark.parametrize("content", ["[]", "5", "stages: 5", "stages: {report: {}}"])
def test_a_damaged_lock_is_named_with_its_run(runs, content):
    path = runs["plain"] / "dvc.lock"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=rf"^the run plain: {path}: not as DVC writes it; `dvc repro` there"):
        comparison.page(runs)


def test_of_many_runs_fewer_pairs_are_shown(runs, monkeypatch):
    monkeypatch.setattr(layout, "MOST_PIXELS", 2 * 9 * 32 * 32)
    assert "The page shows 2 pairs, at equal distances" in read(runs).words


def test_another_measure_is_compared(another_measure, tmp_path, monkeypatch):
    monkeypatch.setitem(LIKENESS, another_measure.key, 0.4321)
    page = read({name: make_run(tmp_path / name, settings(), seed=seed) for seed, name in enumerate("ab")})
    differences_, boards = page.words.split("What a segmenter recognises")
    # The second run has 0.01 less in each image, and less is better.
    assert "Gloom (0 to 1)" in differences_ and "−0.01000 −0.01000 to −0.01000 better" in differences_
    assert "Gloom (0 to 1)" in boards


def test_distances_of_sets_are_compared_as_if_their_errors_were_independent(runs):
    """30 ± 3 less 40 ± 4 is -10 ± 5."""
    assert "Distances between sets" not in read(runs).words, "runs from before there were any"
    for folder, value, reach in zip(runs.values(), (40.0, 30.0), (4.0, 3.0), strict=True):
        with_distance(folder, value, reach)
    page = read(runs)
    differs = section(page, "Differences on the same images", "What a segmenter recognises")
    assert "Fréchet distance, EfficientNet-Lite0 lower is better" in differs
    assert "−10.00 −15.00 to −5.00 better" in differs and "errors of the runs are taken for independent" in differs
    words = page.words[page.words.rindex("Distances between sets of pictures") :]
    assert words.index("real against real") < words.index("plain 40.0 36.0 to 44.0") < words.index("less L1 30.0")


def with_distance(folder, value, reach):
    """Give a run a Fréchet distance, and a row of training pictures, which have 10."""
    name = "frechet_distance"
    told = {name: value, f"{name}_low": value - reach, f"{name}_high": value + reach}
    path = folder / "reports/scores.csv"
    table = pd.read_csv(path, index_col="subject")
    table.loc["training", "name"] = "training pictures (real against real)"
    for key, each in told.items():
        table.loc["generated", key], table.loc["training", key] = each, 10 + each - value
    table.to_csv(path)
    figures = folder / "metrics/evaluate.json"
    write_json(figures, read_json(figures) | told)


def test_a_segmenter_that_sees_nothing_is_told_with_its_run(runs):
    path = runs["less L1"] / "metrics/segmenter.json"
    figures = read_json(path)
    write_json(path, figures | {"real_over_constant": 0.0, "real_over_constant_low": 0.0})
    words = read(runs).words
    assert "less L1: The segmenter sees nothing in real pictures: on 5 of them" in words
    assert "plain: The segmenter" not in words and "plain, less L1: The segmenter" not in words


def test_runs_of_few_pictures_are_not_told_apart(tmp_path):
    """Each image lost the same: of two images that would else be an interval of no width, and a verdict."""
    few = {name: make_run(tmp_path / name, settings(), IDS[:2], seed) for seed, name in enumerate(("one", "other"))}
    words = section(read(few), "Differences on the same images", "What a segmenter recognises")
    assert "−0.0100 no interval" in words
    assert not re.search("no interval (worse|better|not told)", words)
    words = read(few).words
    assert "Too few pictures (2): no interval" in words and "95% interval" not in words


def unpaired(root, density):
    """A run of two folders without pairs: no likeness and no error maps, but cycles and distances of sets."""
    folder = make_run(root, settings(data__palette="none"))
    manifest = read_json(folder / "data/records/manifest.json")
    manifest["roles"]["evaluation"]["sides"] = {"input": 3, "target": 4}
    write_json(folder / "data/records/manifest.json", manifest)
    scores = {measure.key: 0.5 for measure in measures.of(CYCLE)} | {"frechet_distance": 90.0, "density": density}
    bounds = (("", 0), ("_low", -0.1), ("_high", 0.1))
    bounded = {f"{key}{end}": value + by for key, value in scores.items() for end, by in bounds}
    figures = read_json(folder / "metrics/evaluate.json")
    paired = {f"{key}{end}" for key in LIKENESS for end in ("", "_low", "_high", "_seeds")}
    write_json(folder / "metrics/evaluate.json", {k: v for k, v in figures.items() if k not in paired} | bounded)
    images, subjects = (pd.read_csv(folder / f"reports/{name}.csv") for name in ("images", "scores"))
    images = images.drop(columns=[*LIKENESS]).assign(**{measure.key: 0.5 for measure in measures.of(CYCLE)})
    images.to_csv(folder / "reports/images.csv", index=False)
    subjects = subjects.drop(columns=[*paired])
    subjects.assign(**bounded).to_csv(folder / "reports/scores.csv", index=False)
    for path in (folder / "reports/pictures").glob("*-error.png"):
        path.unlink()
    return folder


def test_runs_without_pairs_are_compared_by_their_sets(tmp_path):
    """A density of 1.4 is no nearer to 1 than one of 0.8, however sure the difference is."""
    page = read({name: unpaired(tmp_path / name, density) for name, density in (("one", 0.8), ("other", 1.4))})
    assert "error map" not in page.words and "Likeness to" not in page.words
    assert "Fréchet distance" in page.words and "+0.00 −0.14 to +0.14 not told apart" in page.words
    assert "+0.600 +0.459 to +0.741 told apart" in page.words
    assert "There and back: SSIM higher is better" in page.words
