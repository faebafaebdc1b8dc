"""The page, from a small made-up run."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from pix2pix import params as parameters
from pix2pix.errors import DataError
from pix2pix.evaluation import report
from pix2pix.files import CHECKOUT, write_json
from pix2pix.params import Params
from pix2pix.pictures import grid, save_png

CLASSES = {"wall": [10, 20, 200], "window": [250, 240, 10]}
SCORES = {"l1": 0.1234, "psnr": 15.67, "ssim": 0.2468}
FCN = {
    "generated_pixel_accuracy": 0.6125,
    "generated_class_accuracy": 0.5125,
    "generated_class_iou": 0.4125,
    "real_pixel_accuracy": 0.8125,
    "real_class_accuracy": 0.7125,
    "real_class_iou": 0.6135,
}
CONSTANT = {"constant_pixel_accuracy": 0.3535, "constant_class_accuracy": 0.5015, "constant_class_iou": 0.1775}


def settings(**changes: Any) -> Params:
    """The project's parameters with `section__key=value` changed."""
    content = YAML(typ="safe", pure=True).load((CHECKOUT / "params.yaml").read_text(encoding="utf-8"))
    content["data"].update(dataset="facades", image_size=32, palette=CLASSES, evaluation_split="test")
    content["segmenter"]["crop"] = 32
    for path, value in changes.items():
        section, key = path.split("__")
        content[section][key] = value
    return parameters.check(content)


def make_run(root: Path, params: Params, ids: tuple[str, ...] = ("test/1", "test/2", "test/3")) -> Path:
    """Write what the other stages would have written, into `root`."""
    classes = list(CLASSES) if params.data.palette != "none" else None
    write_manifest(root, params, ids, classes)
    write_training(root, params)
    write_evaluation(root, ids, classes)
    return root


def write_manifest(root: Path, params: Params, ids: tuple[str, ...], classes: list[str] | None) -> None:
    shares = {"shares": {"wall": 0.7, "window": 0.3}} if classes else {}
    pairs = [{"id": id_, "role": "evaluation", **shares} for id_ in ids]
    pairs += [{"id": "train/1", "role": "train", **shares}]
    roles = {"train": {"split": "train", "pairs": 1, "shards": ["a"]}}
    roles["evaluation"] = {"split": params.data.evaluation_split, "pairs": len(ids), "shards": ["b"]}
    if params.data.selection_split != "none":
        roles["selection"] = {"split": params.data.selection_split, "pairs": 2, "shards": ["c"]}
    manifest = {"dataset": params.data.dataset, "archive": "ab" * 32, "image_size": 32, "label_half": "right"}
    write_json(root / "data/records/manifest.json", {**manifest, "classes": classes, "roles": roles, "pairs": pairs})


def write_training(root: Path, params: Params) -> None:
    folder = root / "reports/training"
    losses = {"epoch": [1, 1, 2, 2], "step": [10, 20, 30, 40], "generator_l1": [0.8, 0.6, 0.5, 0.4]}
    if params.train.loss != "l1":
        names = ("generator_gan", "discriminator_loss", "discriminator_real", "discriminator_fake")
        losses |= {name: [1.4, 1.3, 1.2, 1.1] for name in names}
    write_csv(folder / "losses.csv", losses)
    if params.data.selection_split != "none":
        write_csv(folder / "validation.csv", {"epoch": [1, 2], "validation_l1": [0.3, 0.2]})
        for epoch in (1, 2):
            save_png(folder / f"samples/epoch-{epoch:04d}.png", grid([[noise(epoch + i) for i in range(3)]] * 2))
    write_json(root / "metrics/train.json", {"epochs": 2, "steps": 40})
    times = {
        "seconds": 12.5,
        "seconds_per_step": 0.3125,
        "images_per_second": 3.2,
        "peak_memory_gb": 1.5,
        "exact": True,
        "steps": 40,
        "commit": "c0ffee",
        "command": "dvc repro",
    }
    write_json(
        folder / "times.json", {**times, "dirty": False, "device": "a small machine", "versions": {"python": "3.11.9"}}
    )
    about = {"fingerprint": "00112233aabbccdd", "direction": "right_to_left", "image_size": 32}
    write_json(root / "models/generator/about.json", about)


def write_evaluation(root: Path, ids: tuple[str, ...], classes: list[str] | None) -> None:
    spread = np.linspace(0.9, 0.1, len(ids))
    images = {"id": ids, "l1": 1 - spread, "psnr": 20 * spread, "ssim": spread}
    names = ["input", "generated", "real"]
    if classes:
        names.append("segmentation")
        images |= {"generated_pixel_accuracy": spread, "real_pixel_accuracy": spread}
        write_csv(root / "reports/confusion.csv", {"class": classes, "wall": [60, 5], "window": [10, 25]})
    write_csv(root / "reports/images.csv", images)
    write_json(root / "metrics/evaluate.json", {"pairs": len(ids), **SCORES, **(FCN if classes else {})})
    write_json(root / "metrics/segmenter.json", {"classes": 2, **CONSTANT} if classes else {"classes": 0})
    for number, id_ in enumerate(ids):
        for name in names:
            save_png(root / f"reports/pictures/{id_.replace('/', '-')}-{name}.png", noise(number))


def write_csv(path: Path, columns: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(path, index=False)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)


class Reader(HTMLParser):
    """What a browser would make of a page: its words, its elements' attributes, its styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words, self.styles = "", ""
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._within = ""
        self.feed(page)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == self._within else self._within

    def handle_data(self, data: str) -> None:
        if self._within == "style":
            self.styles += data
        elif self._within != "script":
            self.words += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {("class" if key == "class_" else key): value for key, value in attributes.items()}
        return [has for name, has in self.elements if name == tag and wanted.items() <= has.items()]


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


def test_the_same_inputs_give_the_same_page(tmp_path: Path) -> None:
    first, second = (make_run(tmp_path / name, settings()) for name in ("here", "there"))
    assert report.page(settings(), first) == report.page(settings(), second)


def test_scores_stand_beside_their_split_ceiling_and_floor(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    assert "test, 3 pairs" in page.words
    assert "On the 3 pairs of test" in page.words
    assert f"{SCORES['psnr']:.2f}" in page.words
    for value in (SCORES["l1"], SCORES["ssim"], *FCN.values(), *CONSTANT.values()):
        assert f"{value:.3f}" in page.words
    assert "noisy" in page.words


def test_every_picture_has_words(tmp_path: Path) -> None:
    page = read(make_run(tmp_path, settings()), settings())
    assert page.all("img")
    assert all(picture["alt"] for picture in page.all("img"))
    assert all(chart["aria-label"] for chart in page.all("svg"))


def test_a_run_without_classes_says_so(tmp_path: Path) -> None:
    params = settings(data__palette="none")
    page = read(make_run(tmp_path, params), params)
    assert "has no classes" in page.words
    assert "ceiling" not in page.words
    assert not page.all("table", class_="matrix")


def test_a_run_with_l1_alone_has_no_adversary(tmp_path: Path) -> None:
    params = settings(train__loss="l1")
    page = read(make_run(tmp_path, params), params)
    assert "absolute difference from the real picture alone" in page.words
    assert "There was no discriminator" in page.words
    assert len(page.all("svg")) == 1


def test_a_run_that_looked_at_nothing_has_no_samples(tmp_path: Path) -> None:
    params = settings(data__selection_split="none")
    page = read(make_run(tmp_path, params), params)
    assert not page.all("section", id="epochs")


@pytest.mark.parametrize(("rule", "neutral"), [("sum", "undecided 1.386"), ("mean", "undecided 0.693")])
def test_the_neutral_line_follows_the_discriminators_rule(tmp_path: Path, rule: str, neutral: str) -> None:
    params = settings(train__discriminator_loss=rule)
    page = read(make_run(tmp_path, params), params)
    assert page.words.index("Discriminator The") < page.words.index(neutral) < page.words.index("Its two terms Lower")


def test_ids_are_words_not_markup(tmp_path: Path) -> None:
    ids = ("<script>alert(1)<", "test/2")
    make_run(tmp_path, settings(), ids)
    page = report.page(settings(), tmp_path)
    assert ids[0] not in page
    assert ids[0] in Reader(page).words


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
        ("models/generator/about.json", "train"),
        ("metrics/evaluate.json", "evaluate"),
        ("reports/confusion.csv", "evaluate"),
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
    write_manifest(tmp_path, settings(), ("test/1", "test/9"), list(CLASSES))
    with pytest.raises(DataError, match=r"images\.csv"):
        report.page(settings(), tmp_path)


@pytest.mark.parametrize("count", range(1, 12))
def test_the_gallery_takes_equal_parts_of_best_middle_and_worst(count: int) -> None:
    ranked = pd.DataFrame({"id": [f"{i}" for i in range(10)], "ssim": np.linspace(1, 0, 10)})
    parts = report.choose(ranked, count)
    chosen = [id_ for rows in parts.values() for id_ in rows["id"]]
    assert len(chosen) == len(set(chosen)) == min(count, 10)
    assert chosen == sorted(chosen, key=int)
    sizes = [len(rows) for rows in parts.values()]
    assert count >= 10 or max(sizes) - min([*sizes, *[0] * (3 - len(sizes))]) <= 1
