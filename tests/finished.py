"""A made-up finished run: every file that a page is made from, small and with plain numbers."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from conftest import CHECKOUT
from ruamel.yaml import YAML

from pix2pix import params as parameters
from pix2pix.base.files import write_json
from pix2pix.base.pictures import grid, save_png
from pix2pix.data.labels import Palette, palette
from pix2pix.data.manifests import of_ids
from pix2pix.evaluation import pair_pictures
from pix2pix.evaluation.confusion import confusion
from pix2pix.evaluation.watched import L1, SSIM
from pix2pix.models import about
from pix2pix.params import Params, Pix2pix
from pix2pix.systems.captions import PIX2PIX
from pix2pix.systems.pix2pix_curves import pix2pix_curves
from pix2pix.training import curves

CLASSES = {"wall": [10, 20, 200], "window": [250, 240, 10]}
PALETTE: Palette = palette({name: tuple(colour) for name, colour in CLASSES.items()})
# As few as have intervals.
IDS = ("test/1", "test/2", "test/3", "test/4", "test/10")

LIKENESS = {"l1": 0.1234, "psnr": 15.67, "ssim": 0.2468, "ms_ssim": 0.3579}
COLOURS = {"lab_l": 0.8135, "lab_a": 0.7246, "lab_b": 0.6357}
FCN = {"pixel_accuracy": 0.6125, "class_accuracy": 0.5125, "class_iou": 0.4125, "frequency_weighted_iou": 0.4525}
# What the other subjects have more than the generated pictures; half of an interval is 0.05.
SUBJECTS = {
    "real": ("real pictures (ceiling)", 0.2),
    "generated": ("generated", 0.0),
    "dropout_off": ("generated, dropout off", 0.03),
    "class_means": ("each class in its mean colour (floor)", -0.2),
}
HALF = 0.05
SEEDS = 0.0017
MEMORY = {
    "nearest_l1": 0.12,
    "real_nearest_l1": 0.14,
    "nearest_minus_real": -0.02,
    "nearest_gap_minus_real": -0.001,
}
COPIES = {"nearest_copies": 0, "real_nearest_copies": 0}
# How far the segmenter is above answers that look at no photo.
WORTH = {"real_over_constant": 0.2, "real_over_prior": 0.15}
FLOOR = {"real_over_class_means": 0.3}


def settings(**changes: Any) -> Params:
    """The project's parameters with `section__key=value` changed."""
    content = YAML(typ="safe", pure=True).load((CHECKOUT / "params.yaml").read_text(encoding="utf-8"))
    content["data"].update(dataset="facades", image_size=32, palette=CLASSES, evaluation_split="test")
    content["segmenter"]["crop"] = 32
    for path, value in changes.items():
        section, key = path.split("__")
        content[section][key] = value
    return parameters.check(content)


def curves_of(model: Pix2pix) -> tuple[curves.Curve, ...]:
    """The curves that a training with this section has."""
    weight = {"l1": 1.0, "cgan": 0.0}.get(model.loss, model.lambda_l1)
    table = pix2pix_curves(model, weight)
    return curves.captioned(table, PIX2PIX)


def make_run(root: Path, params: Params, ids: tuple[str, ...] = IDS, seed: int = 0) -> Path:
    """Write what the stages would have written, into `root`; runs of two seeds differ in what they generated."""
    classes = list(CLASSES) if params.data.palette != "none" else []
    root.mkdir(parents=True, exist_ok=True)
    with (root / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(params.model_dump(), file)
    write_manifest(root, params, ids, classes)
    write_training(root, params)
    write_evaluation(root, ids, classes, seed)
    return root


def write_manifest(root: Path, params: Params, ids: tuple[str, ...], classes: list[str]) -> None:
    """`data/records/manifest.json`."""
    shares = {"shares": {"wall": 0.7, "window": 0.3}} if classes else {}

    def role(split: str, *ids: str) -> dict[str, Any]:
        hashed = {"ids": of_ids(ids), "pictures": hashlib.sha256("".join(ids).encode()).hexdigest()}
        return {"split": split, "pairs": len(ids), "shards": ["a"], **shares, **hashed}

    roles = {"train": role("train", "train/1"), "evaluation": role(params.data.evaluation_split, *ids)}
    if params.data.selection_split != "none":
        roles["selection"] = role(params.data.selection_split, "train/2", "train/3")
    manifest = {"dataset": params.data.dataset, "archive": "ab" * 32, "direction": params.data.direction}
    content = {**manifest, "classes": classes or None, "roles": roles}
    write_json(root / "data/records/manifest.json", content)


def write_training(root: Path, params: Params) -> None:
    """What the train stage leaves."""
    folder, train = root / "reports/training", params.train
    losses: dict[str, list[float]] = {"epoch": [1, 1, 2, 2], "step": [10, 20, 30, 40]}
    losses |= {name: [0.8, 0.6, 0.5, 0.4] for name in ("generator_total", "generator_l1")}
    losses |= {"generator_gradient_norm": [40, 30, 20, 10]}
    if params.model.loss != "l1":
        names = ("generator_gan", "discriminator_loss", "discriminator_real", "discriminator_fake")
        losses |= {name: [1.4, 1.3, 1.2, 1.1] for name in names}
        losses |= {f"discriminator_accuracy_{kind}": [0.5, 0.6, 0.7, 0.8] for kind in ("real", "fake")}
        losses |= {"discriminator_gradient_norm": [1, 2, 3, 4]}
    write_csv(folder / "losses.csv", losses)
    table = curves_of(params.model)
    looked = params.data.selection_split != "none"
    validation = {"epoch": [1, 2], "validation_l1": [0.3, 0.2], "validation_ssim": [0.1, 0.15]}
    write_csv(folder / "validation.csv", validation if looked else {name: [] for name in validation})
    curves.write(folder, table, pd.DataFrame(losses), pd.DataFrame(validation if looked else {}), (L1, SSIM))
    for epoch in (1, 2) if looked else ():
        sheet = grid([[noise(epoch + i, params.data.size) for i in range(3)]] * 2)
        save_png(folder / f"samples/epoch-{epoch:04d}.png", sheet)
    write_json(root / "metrics/train.json", {"epochs": 2, "steps": 40})
    found = [
        {"name": "balanced", "words": "Neither of them wins.", "rule": "the first rule", "change": "Nothing."},
        {"name": "still improving", "words": "It goes on.", "rule": "the second rule", "change": "Train longer."},
    ]
    write_json(folder / "health.json", {"verdict": "balanced", "findings": found})
    times = {"seconds": 12.5, "seconds_per_step": 0.3125, "images_per_second": 3.2, "peak_memory_gb": 1.5, "steps": 40}
    origin = {"commit": "c0ffee", "command": "dvc repro", "dirty": False, "exact": True, "device": "a small machine"}
    write_json(folder / "times.json", {**times, **origin, "versions": {"python": "3.11.9"}})
    epoch = 2 if train.select == "last" else 1
    said = about.of(params, "00112233aabbccdd", epoch, train.select)
    write_json(root / "models/generator/about.json", said.told())


def write_evaluation(root: Path, ids: tuple[str, ...], classes: list[str], seed: int) -> None:
    """What the stages segmenter and evaluate leave. The first id is the best; the classes are read at random."""
    reports = root / "reports"
    scores = LIKENESS | COLOURS | (FCN if classes else {})
    write_csv(reports / "scores.csv", subjects(scores))
    write_json(reports / "absent.json", {"fid": "needs weights that are not at hand"})
    flat = {f"generated_{name}" if name in FCN else name: value for name, value in scores.items()}
    flat |= {f"real_{name}": value + SUBJECTS["real"][1] for name, value in FCN.items()} if classes else {}
    flat = bounded(flat | MEMORY | (FLOOR if classes else {}))
    write_json(root / "metrics/evaluate.json", {"pairs": len(ids), "nearest_share": 0.5, **COPIES, **flat})
    naive = {f"{who}_{name}": value / 2 for who in ("constant", "prior") for name, value in FCN.items()}
    write_json(
        root / "metrics/segmenter.json", {"classes": 2, **naive, **bounded(WORTH)} if classes else {"classes": 0}
    )

    spread = np.linspace(0.9, 0.1, len(ids)) - 0.01 * seed
    columns = {key: {"l1": 1 - spread, "psnr": 20 * spread}.get(key, spread) for key in LIKENESS}
    images = pd.DataFrame({"id": ids, **columns, "nearest": "train/1", "nearest_l1": spread, "real_nearest_l1": 0.5})
    truths = np.random.default_rng(99).integers(0, 2, (len(ids), 32, 32))
    # One segmenter: it reads the same in the real photos whatever the run.
    right = {"generated": np.random.default_rng(seed), "real": np.random.default_rng(98)}
    reads = {kind: np.where(random.random(truths.shape) < 0.7, truths, 1 - truths) for kind, random in right.items()}
    if classes:
        for kind, read in reads.items():
            images[f"{kind}_pixel_accuracy"] = (read == truths).mean(axis=(1, 2))
    write_csv(reports / "images.csv", images)
    for kind, read in reads.items():
        counts = confusion(truths, read, 2) if classes else np.zeros((0, 0), int)
        table = pd.DataFrame(counts, index=pd.Index(classes, name="class"), columns=classes)
        write_csv(reports / f"confusions/{kind}.csv", table.reset_index())
    for number, id_ in enumerate(ids):
        pictures = {kind: noise(10 * number + i) for i, kind in enumerate(("input", "real", "nearest"))}
        pictures["generated"] = noise(1000 * (seed + 1) + number)
        if classes:
            pictures["truth"] = PALETTE.paint(truths[number])
            pictures["segmentation"] = PALETTE.paint(reads["generated"][number])
        pair_pictures.save(reports / "pictures", id_, pictures)


BOUNDS = {"": 0.0, "_low": -HALF, "_high": HALF}


def bounded(scores: dict[str, float]) -> dict[str, float]:
    """Scores with their bounds."""
    return {f"{name}{bound}": value + by for name, value in scores.items() for bound, by in BOUNDS.items()}


def subjects(scores: dict[str, float]) -> pd.DataFrame:
    """`reports/scores.csv`: a row each of `SUBJECTS` that has any of the scores."""
    rows = []
    for key, (name, more) in SUBJECTS.items():
        own = {score: value for score, value in scores.items() if key != "real" or score in FCN}
        if own and (key not in ("real", "class_means") or "class_iou" in scores):
            values = bounded({score: value + more for score, value in own.items()})
            seeds = {f"{score}_seeds": SEEDS for score in own} if key == "generated" else {}
            rows.append({"subject": key, "name": name, **values, **seeds})
    return pd.DataFrame(rows)


def write_csv(path: Path, columns: Any) -> None:
    """A table without its index."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(path, index=False)


def noise(seed: int, size: tuple[int, int] = (32, 32)) -> np.ndarray:
    """A picture of (height, width)."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
