"""The page of a run, from a small made-up one."""

import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from finished import FCN, HALF, IDS, LIKENESS, SEEDS, make_run, noise, settings, write_manifest
from markup import Reader

from pix2pix.base.errors import DataError
from pix2pix.base.files import read_json, write_json
from pix2pix.base.pictures import grid
from pix2pix.evaluation import pair_pictures
from pix2pix.evaluation.measure import Measure
from pix2pix.params import Params
from pix2pix.reports import layout, report, tables


def read(root: Path, params: Params) -> Reader:
    return Reader(report.page(params, root))


def test_nothing_is_asked_of_another_machine(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    addresses = [
        has[key] or "" for _, has in page.elements for key in ("src", "href", "srcset", "action") if key in has
    ]
    assert len(addresses) > 10
    assert all(address.startswith(("data:", "#")) for address in addresses)
    styles = page.styles + "".join(has.get("style") or "" for _, has in page.elements)
    assert "@import" not in styles
    assert "url(" not in styles
    assert not page.all("link")
    assert page.open == []


def test_only_the_pages_own_script_may_run(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    (policy,) = (has["content"] or "" for has in page.all("meta", **{"http-equiv": "Content-Security-Policy"}))
    assert policy.startswith("default-src 'none'; ")
    scripts = re.search(r"script-src ([^;]*)", policy)
    assert scripts and scripts[1].startswith("'sha256-") and "unsafe" not in scripts[1]
    assert not [key for _, has in page.elements for key in has if key.startswith("on")]


def test_the_same_inputs_give_the_same_page(tmp_path: Path) -> None:
    first, second = (make_run(tmp_path / name, settings()) for name in ("here", "there"))
    assert report.page(settings(), first) == report.page(settings(), second)


def test_what_differs_from_the_defaults_comes_first(tmp_path: Path) -> None:
    params = settings(train__epochs=7, train__mirror=False)
    page = read(make_run(tmp_path, params), params)
    asked = page.words[page.words.index("What was asked") : page.words.index("All parameters")]
    assert "train.epochs 7 150" in asked and "train.mirror false true" in asked
    assert "model.lambda_l1" not in asked
    folded = page.words[page.words.index("All parameters") : page.words.index("On the 5 pairs of test")]
    assert "lambda_l1" in folded


def test_a_palette_is_its_classes_with_their_colours_and_no_python(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    asked = page.words[page.words.index("What was asked") : page.words.index("On the 5 pairs of test")]
    assert asked.count("wall 10, 20, 200 window 250, 240, 10") == 2 and "{" not in asked
    assert asked.index("data.palette wall 10, 20, 200") < asked.index("All parameters")


def test_every_name_of_a_class_has_its_colour_before_it(tmp_path: Path) -> None:
    """Twice the palette, the pictures' colours, rows and columns of two matrices, the legend, what was left out."""
    root = make_run(tmp_path, settings())
    write_json(root / "reports/absent.json", {"wall": "no pixel of this class", "fid": "no network"})
    page = read(root, settings())
    colours = Counter(has["style"] for has in page.all("span", class_="swatch"))
    assert colours == {"background:rgb(10, 20, 200)": 9, "background:rgb(250, 240, 10)": 8}


def test_a_palette_of_ids_shows_ids_and_keys_of_halves_are_not_called_changed(tmp_path: Path) -> None:
    own = {"data__dataset": "custom", "data__path": str(tmp_path), "data__inputs": "labels", "data__targets": "photos"}
    palette = {"wall": {"id": 7, "colour": [10, 20, 200]}, "window": {"id": 3, "colour": [250, 240, 10]}}
    params = settings(
        **own, data__palette=palette, data__direction="auto", data__label_half="auto", data__label_folder="inputs"
    )
    asked = read(make_run(tmp_path / "run", params), params).words
    asked = asked[asked.index("What was asked") : asked.index("All parameters")]
    assert "data.palette wall id 7 window id 3" in asked and "data.inputs labels null" in asked
    assert "data.direction" not in asked and "data.label_half" not in asked
    assert layout.classes({"sky": 9}) == [("sky", "rgb(128, 0, 0)", "id 9")]  # the first colour of PASCAL VOC


def test_what_another_file_has_as_a_palette_may_be_anything() -> None:
    for thing in ({"a": [1, 2]}, {"a": "red"}, {"a": [1, 2, "3;x"]}, {"a": [1, 2, True]}, [1, 2, 3], "cmp"):
        assert not layout.is_palette(thing)


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("seed", ["seed"]),
        ("data.image_size", ["data.", "image_", "size"]),
        ("a..b", ["a.", ".", "b"]),
        ("/a/b_c", ["/", "a/", "b_", "c"]),
    ],
)
def test_a_path_or_a_value_breaks_between_its_words(path: str, parts: list[str]) -> None:
    assert layout.words(path) == parts


def test_own_pictures_go_by_their_name(tmp_path: Path) -> None:
    place = tmp_path / "My Shoes"
    place.mkdir()
    own = {"data__dataset": "custom", "data__path": str(place), "data__direction": "right_to_left"}
    for name, called in ((None, "My-Shoes"), ("boots", "boots")):
        params = settings(**own, data__label_half="right", data__name=name)
        page = read(make_run(tmp_path / called, params), params)
        assert page.words.startswith(f"From label maps to pictures: {called}, run ")
        assert f"It learned from 1 pair of {called} for" in page.words
        assert f"Data set {called} (data.dataset: custom)" in page.words
        assert "photo" not in page.words and "of its own" not in page.words


def test_an_address_is_shown_without_its_password(tmp_path: Path) -> None:
    params = settings(data__url="https://maria:hunter2@host/a.tar.gz?token=t0ken")
    page = report.page(params, make_run(tmp_path, params)).replace("<wbr>", "")
    assert "https://***@host/a.tar.gz" in page
    assert not [secret for secret in ("maria", "hunter2", "t0ken") if secret in page]


def test_scores_stand_beside_their_interval_ceiling_and_floor(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    assert "On the 5 pairs of test" in page.words
    assert "(ceiling)" in page.words and "(floor)" in page.words
    for value in (LIKENESS["l1"], LIKENESS["ssim"], *FCN.values()):
        assert f"{value:.3f}" in page.words
        assert f"{value - HALF:.3f} to {value + HALF:.3f}" in page.words
    for value in FCN.values():  # the naive answers
        assert f"{value / 2:.3f}" in page.words
    assert f"{LIKENESS['psnr']:.2f}" in page.words
    assert f"seeds ± {SEEDS:.5f}" in page.words
    assert "noisy" in page.words


def test_rows_whose_intervals_overlap_are_not_ranked(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    # 0.03 apart, each ± 0.05; the others are 0.2 apart.
    assert "because the intervals overlap – generated, dropout off: every measure." in page.words
    assert "each class in its mean colour (floor):" not in page.words


def test_what_was_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    assert "fid" in page.words and "needs weights that are not at hand" in page.words


def test_health_is_told_in_words(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    for words in ("Neither of them wins.", "the first rule", "It goes on.", "train longer."):
        assert words in page.words
    assert "Trainingbalancedalso: still improving" in page.words.replace(" also", "also").replace(
        " balanced", "balanced"
    )


def test_every_picture_has_words(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    assert page.all("img")
    assert all(picture["alt"] for picture in page.all("img"))
    assert all(chart["aria-label"] for chart in page.all("svg"))


def test_the_gallery_has_every_pair_with_all_its_pictures_best_first(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    pairs = page.all("li", class_="pair")
    assert [json.loads(pair["data-values"] or "")["place"] for pair in pairs] == list(range(5))
    ssim = [json.loads(pair["data-values"] or "")["ssim"] for pair in pairs]
    assert ssim == sorted(ssim, reverse=True)
    names = [picture["alt"] for picture in page.all("img")]
    for name in ("input", "generated", "real", "classes read in it", "true classes", "error map"):
        assert names.count(name) == len(IDS)


def test_answers_to_one_input_stand_side_by_side_with_their_scores(tmp_path: Path) -> None:
    root = make_run(tmp_path, settings())
    assert "Several answers" not in read(root, settings()).words
    pair_pictures.save(root / "reports/pictures", IDS[1], {"answers": grid([[noise(n) for n in range(3)]])})
    table = pd.read_csv(root / "reports/scores.csv")
    table.assign(diversity=0.125).to_csv(root / "reports/scores.csv", index=False)
    page = read(root, settings())
    assert "Several answers to one input" in page.words and "0.125" in page.words[page.words.index("Diversity") :]
    shown = {picture["alt"]: picture["src"] for picture in page.all("img") if f", {IDS[1]}" in (picture["alt"] or "")}
    names = [f"{name}, {IDS[1]}" for name in ("input", "answer 1", "answer 2", "answer 3", "real")]
    assert list(shown) == names and shown[names[2]] == layout.data_uri(noise(1))


def test_a_rectangle_is_shown_in_its_own_proportions(tmp_path: Path) -> None:
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    params = settings(data__image_size=[32, 64])
    text = report.page(params, make_run(tmp_path, params))
    assert "--ratio: 2;" in text
    page = Reader(text)
    films = [picture["src"] for picture in page.all("img") if ", sample " in (picture["alt"] or "")]
    sizes = {Image.open(BytesIO(b64decode(str(uri).partition(",")[2]))).size for uri in films}
    assert len(films) == 2 * 4 and sizes == {(64, 32)}
    assert "[32, 64]" in page.words and "64&nbsp;×&nbsp;32 pixels" in text


def test_a_page_of_many_pairs_keeps_the_ends_and_equal_distances() -> None:
    ranked = [f"{i}" for i in range(1001)]
    square = (layout.LARGEST_SIDE, layout.LARGEST_SIDE)
    few = layout.spread(ranked, pictures=1, size=square)
    assert layout.spread(few, pictures=1, size=square) == few
    places = np.array([int(id_) for id_ in few])
    assert (places[0], places[-1]) == (0, 1000)
    assert np.ptp(np.diff(places)) <= 1
    assert len(few) * layout.LARGEST_SIDE**2 <= layout.MOST_PIXELS < (len(few) + 1) * layout.LARGEST_SIDE**2
    half = layout.spread(ranked, pictures=1, size=(2 * layout.LARGEST_SIDE, layout.LARGEST_SIDE))
    assert len(half) == 2 * layout.MOST_PIXELS // layout.LARGEST_SIDE**2  # shrunk to half of such a square


def test_a_page_says_that_pairs_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_PIXELS", 2 * 7 * 32 * 32)
    page = read(make_run(tmp_path, settings()), settings())
    assert "The pictures are of test, 5 pairs. The page shows 2 pairs" in page.words
    assert len(page.all("li", class_="pair")) == 2


def test_the_nearest_training_pictures_are_shown_with_the_verdict(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    # -0.02 ± 0.05: 0 is inside.
    assert "Not nearer than real pictures. Generated pictures are not nearer to the training pictures" in page.words
    assert "L1 to the nearest one, generated minus real: -0.0200 [-0.0700, +0.0300]" in page.words
    assert "No generated picture is a copy of a training picture, after 2 epochs." in page.words
    assert "test/10 and train/1: L1 0.100. The real picture of test/10 has 0.500 to its own nearest." in page.words


def test_both_confusion_matrices_are_there(tmp_path: Path) -> None:
    root = make_run(tmp_path, settings())
    page = read(root, settings())
    assert len(page.all("table", class_="matrix")) == 2
    for kind, title in {"generated": "Generated photos", "real": "Real photos"}.items():
        counts = pd.read_csv(root / f"reports/confusions/{kind}.csv", index_col="class")
        (wall, taken), (missed, window) = counts.to_numpy().tolist()
        matrix = page.words[page.words.index(f"{title} True class") :]
        row = f"window {100 * missed / (missed + window):.0f} {100 * window / (missed + window):.0f}"
        share = f"{100 * (missed + window) / counts.to_numpy().sum():.1f}% {window / (missed + window + taken):.2f}"
        assert f"{row} {share}" in matrix[: matrix.index("Real photos", 1) if kind == "generated" else None]
        assert f"wall {100 * wall / (wall + taken):.0f}" in matrix


def test_a_run_without_classes_says_so(tmp_path: Path) -> None:
    params = settings(data__palette="none")
    page = read(make_run(tmp_path, params), params)
    assert "has no classes" in page.words
    assert "ceiling" not in page.words
    assert not page.all("table", class_="matrix")


def test_label_maps_are_judged_by_their_colours(tmp_path: Path) -> None:
    params = settings(data__direction="left_to_right")
    page = read(make_run(tmp_path, params), params)
    assert page.words.startswith("From photos to label maps")
    assert "A generated pixel’s class is its nearest palette colour" in page.words
    assert "the right class is shown by 61%; from the inputs a segmenter trained for that alone reads 81%" in page.words


def test_a_run_with_l1_alone_has_no_adversary(tmp_path: Path) -> None:
    params = settings(model__loss="l1")
    page = read(make_run(tmp_path, params), params)
    assert "absolute difference from the real picture alone" in page.words
    assert "There was no discriminator" in page.words
    titles = [(chart["aria-label"] or "").split(" over ")[0] for chart in page.all("svg")][:3]
    assert titles == ["Gradients", "L1", "SSIM"]


def test_a_run_that_looked_at_nothing_has_no_samples(tmp_path: Path) -> None:
    params = settings(data__selection_split="none")
    page = read(make_run(tmp_path, params), params)
    assert not page.all("section", id="epochs")


@pytest.mark.parametrize(("rule", "neutral"), [("sum", "undecided, 2 ln 2 = 1.386"), ("mean", "undecided, ln 2")])
def test_the_neutral_line_follows_the_discriminators_rule(tmp_path: Path, rule: str, neutral: str) -> None:
    params = settings(model__discriminator_loss=rule)
    page = read(make_run(tmp_path, params), params)
    first = page.words[
        page.words.index("Discriminator Its two terms, as") : page.words.index("Its two terms How wrong")
    ]
    assert neutral in first


def test_the_selected_epoch_is_marked_and_named(tmp_path: Path) -> None:
    params = settings(train__select="validation_l1")
    page = read(make_run(tmp_path, params), params)
    assert "epoch 1, selected" in page.words
    assert "the one with the lowest validation L1" in page.words


def test_the_run_is_identified_and_can_be_made_again(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    for words in (
        "git checkout c0ffee dvc repro",
        "00112233aabbccdd",
        "a small machine",
        "python 3.11.9",
        "exact: true",
    ):
        assert words in page.words


def test_ids_are_words_not_markup(tmp_path: Path) -> None:
    ids = ("<script>alert(1)<", "test/2'\"")
    make_run(tmp_path, settings(), ids)
    text = report.page(settings(), tmp_path)
    assert ids[0] not in text
    assert ids[0] in Reader(text).words


def test_the_drawn_sample_is_no_result(tmp_path: Path) -> None:
    banners = {}
    for dataset in ("sample", "facades"):
        params = settings(data__dataset=dataset)
        page = read(make_run(tmp_path / dataset, params), params)
        banners[dataset] = len(page.all("p", role="note"))
    assert banners == {"sample": 1, "facades": 0}


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("data/records/manifest.json", "prepare"),
        ("metrics/segmenter.json", "segmenter"),
        ("metrics/train.json", "train"),
        ("reports/training/validation.csv", "train"),
        ("reports/training/health.json", "train"),
        ("models/generator/about.json", "train"),
        ("metrics/evaluate.json", "evaluate"),
        ("reports/scores.csv", "evaluate"),
        ("reports/absent.json", "evaluate"),
        ("reports/confusions/real.csv", "evaluate"),
        ("reports/pictures/test-2-generated.png", "evaluate"),
    ],
)
@pytest.mark.parametrize("damage", ["absent", "damaged"])
def test_a_missing_input_is_named_with_its_stage(tmp_path: Path, name: str, stage: str, damage: str) -> None:
    path = make_run(tmp_path, settings()) / name
    path.unlink()
    if damage == "damaged":
        path.write_bytes(b"\xff\x00 no such thing")
    with pytest.raises(DataError) as caught:
        report.page(settings(), tmp_path)
    assert str(path) in str(caught.value)
    assert f"dvc repro {stage}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_samples_are_named(tmp_path: Path) -> None:
    for path in (make_run(tmp_path, settings()) / "reports/training/samples").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"samples: .*dvc repro train"):
        report.page(settings(), tmp_path)


def test_scores_of_other_pairs_are_refused(tmp_path: Path) -> None:
    make_run(tmp_path, settings())
    write_manifest(tmp_path, settings(), ("test/1", "test/9"), ["wall", "window"])
    with pytest.raises(DataError, match=r"images\.csv"):
        report.page(settings(), tmp_path)


def test_a_picture_of_few_colours_is_kept_as_it_is() -> None:
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    few = np.repeat(np.array([[[1, 2, 3], [250, 0, 7]]], np.uint8), 16, axis=0).repeat(8, axis=1)
    # A class map of a large picture becomes smaller without a new colour.
    large = np.repeat(few, 64, axis=0).repeat(64, axis=1)
    half = Image.open(BytesIO(b64decode(layout.data_uri(large).removeprefix("data:image/webp;base64,")))).convert("RGB")
    assert half.size == (512, 512) and half.getcolors(2) is not None
    for picture, exact in ((few, True), (noise(0), False)):
        uri = layout.data_uri(picture)
        decoded = Image.open(BytesIO(b64decode(uri.removeprefix("data:image/webp;base64,")))).convert("RGB")
        assert np.array_equal(np.asarray(decoded), picture) == exact


def test_error_maps_use_the_colours_of_the_scale_beside_them(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    black, white = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 255, np.uint8)
    ends = (pair_pictures.error_map(black, black), pair_pictures.error_map(white, black))
    (scale,) = (
        has["style"] or "" for tag, has in page.elements if tag == "i" and "gradient" in (has.get("style") or "")
    )
    first, *_, last = re.findall(r"rgb\((\d+), (\d+), (\d+)\)", scale)
    assert [tuple(map(int, end)) for end in (first, last)] == [tuple(end.ravel().tolist()) for end in ends]


def test_another_measure_is_on_the_board_and_beneath_the_pictures(
    another_measure: Measure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIKENESS, another_measure.key, 0.4321)
    page = read(make_run(tmp_path, settings()), settings())
    board = page.words[page.words.index("Likeness to the real picture") : page.words.index("Colours, wherever")]
    assert "Gloom (0 to 1) lower is better" in board
    assert f"0.4321 {0.4321 - HALF:.4f} to {0.4321 + HALF:.4f}" in board
    assert "Gloom 0.9000" in page.words and "Lowest Gloom" in "".join(
        has.get("data-first") or "" for has in page.all("input", name="order")
    )


def test_of_too_few_pictures_there_is_no_interval_and_no_rank(tmp_path: Path) -> None:
    few = IDS[:3]
    root = make_run(tmp_path, settings(), few)
    for name in ("metrics/evaluate.json", "metrics/segmenter.json"):
        figures = json.loads((root / name).read_text(encoding="utf-8"))
        kept = {key: value for key, value in figures.items() if not key.endswith(("_low", "_high"))}
        (root / name).write_text(json.dumps(kept), encoding="utf-8")
    scores = pd.read_csv(root / "reports/scores.csv", index_col="subject")
    scores.loc[:, [name for name in scores if name.endswith(("_low", "_high"))]] = np.nan
    scores.to_csv(root / "reports/scores.csv")
    page = read(root, settings())
    assert "Too few pictures (3): no interval, so no row is ranked" in page.words
    assert "Each score has its 95% interval" not in page.words
    assert f"{LIKENESS['ssim']:.3f} no interval" in page.words
    assert "overlap –" not in page.words and "nan" not in page.words and "– to –" not in page.words
    assert "Whether the segmenter sees anything in real pictures is not to be told" in page.words
    assert "Not to be told. Too few pictures (3): no interval" in page.words


def test_accuracies_of_0_and_1_are_numbers_like_others(tmp_path: Path) -> None:
    """A column of nothing else is read as whole numbers, which the json module does not know."""
    root = make_run(tmp_path, settings())
    images = pd.read_csv(root / "reports/images.csv")
    images[["generated_pixel_accuracy", "real_pixel_accuracy", "l1", "ssim"]] = [[0, 1, 0, 1]] * 4 + [[1, 1, 1, 0]]
    images.astype({"l1": int}).to_csv(root / "reports/images.csv", index=False)
    pairs = read(root, settings()).all("li", class_="pair")
    values = [json.loads(pair["data-values"] or "") for pair in pairs]
    assert {value["generated_pixel_accuracy"] for value in values} == {0, 1}


@pytest.mark.parametrize(
    ("path", "key", "told"),
    [
        ("metrics/segmenter.json", "real_over_prior", "The segmenter sees nothing in real pictures: on 5 of them"),
        ("metrics/evaluate.json", "real_over_class_means", "The segmenter reads 5 real pictures no better than"),
    ],
)
def test_a_segmenter_that_sees_too_little_is_told_at_the_top(tmp_path: Path, path: str, key: str, told: str) -> None:
    root = make_run(tmp_path, settings())
    assert told not in read(root, settings()).words
    figures = json.loads((root / path).read_text(encoding="utf-8"))
    figures |= {key: 0.01, f"{key}_low": 0.0, f"{key}_high": 0.02}
    (root / path).write_text(json.dumps(figures), encoding="utf-8")
    words = read(root, settings()).words
    assert told in words
    assert "(+0.010, 95% interval +0.000 to +0.020)" in words
    assert words.index(told) < words.index("What was asked")


def test_what_prepare_noted_is_on_the_page(tmp_path: Path) -> None:
    root = make_run(tmp_path, settings())
    assert "What prepare noted" not in read(root, settings()).words
    path = root / "data/records/manifest.json"
    manifest = read_json(path)
    manifest["remarks"] = ["1 class never in training: <b>door</b>"]
    manifest["notes"] = {"grey": 2, "CMYK": 1}
    write_json(path, manifest)
    text = report.page(settings(), root)
    data = Reader(text).words.partition("What prepare noted")[2]
    noted = "2 pictures read as sRGB: grey 1 picture read as sRGB: CMYK 1 class never in training: <b>door</b>"
    assert data.strip().startswith(noted)
    assert "<b>door" not in text


@pytest.mark.parametrize("name", ["class", "name", "id", "NA"])
def test_classes_may_have_the_names_of_columns(tmp_path: Path, name: str) -> None:
    path = tmp_path / "generated.csv"
    path.write_text(f"class,{name},road\n{name},1,2\nroad,3,4\n")
    counts = tables.square(path, [name, "road"])
    assert counts.to_dict() == {name: {name: 1, "road": 3}, "road": {name: 2, "road": 4}}
