"""A finished run, read from the files that the stages wrote."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import Image, load_rgb
from pix2pix.base.shown import mapping
from pix2pix.data.manifests import of_ids
from pix2pix.evaluation import asked_class, measures, pair_pictures, segmenter_worth
from pix2pix.evaluation.measure import CYCLE, HELD_OUT, Group, Measure
from pix2pix.evaluation.ranking import ranked, ranking
from pix2pix.params import SINGLE
from pix2pix.reports import results, tables
from pix2pix.reports.results import Figures, Health, Lasts, Made, Manifest, Times, read, read_json
from pix2pix.training.curves import Curve, having, judge

_SAMPLE = re.compile(r"epoch-(\d+)")


@dataclass(frozen=True)
class Back:
    """The results of the way back, from target to input: the folder, and its tables as those of `Run`."""

    folder: Path
    subjects: pd.DataFrame
    images: pd.DataFrame
    absent: dict[str, str]


@dataclass(frozen=True)
class Run:
    """The files of a run. An attribute has the name of its file, or is described here.

    Attributes:
        folder: the workspace.
        curves: the curves, one for each column of `losses`.
        losses: the rows of `losses.csv`. The column `epoch` is a fraction: 1.5 is half way through the second epoch.
        validation: the rows of `validation.csv`; there are none if nothing was measured.
        samples: the files of the sample grids by epoch, in order.
        scores: the figures of `metrics/evaluate.json`.
        subjects: the rows of `reports/scores.csv`, by subject.
        images: the rows of `reports/images.csv`, by id, with val/2 before val/10.
        confusions: for `generated` and `real`, the number of pixels by true class (rows) and read class (columns), or
            of pictures by the class that they were asked for; empty without classes.
        back: the results of the model for the way back; None if there is none.
    """

    folder: Path
    manifest: Manifest
    about: Made
    train: Lasts
    times: Times
    health: Health
    curves: tuple[Curve, ...]
    losses: pd.DataFrame
    validation: pd.DataFrame
    samples: dict[int, Path]
    segmenter: Figures
    scores: Figures
    subjects: pd.DataFrame
    images: pd.DataFrame
    confusions: dict[str, pd.DataFrame]
    absent: dict[str, str]
    back: Back | None

    @property
    def classes(self) -> list[str]:
        """The names of the classes that are read in pictures; empty without classes, and without pairs."""
        return (self.manifest.classes or []) if self.manifest.paired else []

    @property
    def rank(self) -> Measure:
        """The measure that ranks its pictures or, if they are made from noise, sets of them."""
        return measures.lead(measures.ranking(True)) if self.sampled else ranking(self.images)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the generated pictures, in pixels."""
        target = self.about.fields.target
        return target.width, target.height

    @property
    def sampled(self) -> bool:
        """Whether the pictures are made from noise, so that none of them has an input and a target."""
        return self.about.fields.input is None

    @property
    def example(self) -> str:
        """The word for an example: a picture if it is made from one, or if no other one is known to belong to it."""
        return "picture" if self.about.made_for in SINGLE or not self.manifest.paired else "pair"

    @property
    def mappings(self) -> dict[str, str]:
        """How the pictures of input and target are shown, in words; only of other kinds than 8-bit RGB."""
        fields = {"input": self.about.fields.input, "target": self.about.fields.target}
        told = {name: mapping(field.channels, field.bits) for name, field in fields.items() if field}
        return {name: words for name, words in told.items() if words}

    @property
    def adversarial(self) -> bool:
        """Whether a player judged the pictures of another one."""
        return judge(self.curves) is not None

    @property
    def critic(self) -> bool:
        """Whether the player that judged is a critic, which has no accuracy, but an estimate of a distance."""
        return bool(having(self.curves, "estimate"))

    @property
    def ranked(self) -> list[str]:
        """The ids of the images, the most lifelike picture first; equal pictures keep their order in `images`."""
        return ranked(self.images)

    @property
    def segmenter_warning(self) -> str:
        """Why what a segmenter or a classifier reads means nothing; "" if it means something, or there is none."""
        if names := self.about.classes:
            return asked_class.warning(self.scores, len(self.images), len(names), f"{HELD_OUT}_")
        return segmenter_worth.warning(self.segmenter | self.scores, len(self.images))

    def subject(self, key: str) -> dict[str, Any]:
        """Return the `name` of a subject, and its scores by their names."""
        return {str(name): value for name, value in self.subjects.T[key].dropna().items()}

    def image(self, pair: str) -> dict[str, Any]:
        """Return the row of an image, with its `place` in `images`."""
        row = {str(name): value for name, value in self.images.loc[pair].items()}
        return row | {"place": self.images.index.get_loc(pair)}

    def picture(self, pair: str, kind: str) -> Image:
        """Return a picture of a pair, uint8 RGB; `kind` is one of `pair_pictures.KINDS`.

        Raises:
            DataError: the file is missing or damaged.
        """
        return _picture(self.folder / "reports", pair, kind)

    def picture_back(self, pair: str, kind: str) -> Image:
        """Return a picture of the way back; see `picture`."""
        return _picture(self.folder / "reports/back", pair, kind)

    def has(self, pair: str, kind: str) -> bool:
        """Whether a pair has pictures of a kind."""
        return pair_pictures.path(self.folder / "reports/pictures", pair, kind).exists()

    def interpolations(self) -> Image:
        """Return the grid of pictures between noises; see `picture`."""
        return read(self.folder / "reports/pictures" / pair_pictures.INTERPOLATIONS, "evaluate", load_rgb)

    def sample(self, epoch: int) -> Image:
        """Return the sample grid of an epoch; see `picture`."""
        return read(self.samples[epoch], "train", load_rgb)


def read_run(folder: Path) -> Run:
    """Read the run of a workspace.

    Raises:
        DataError: a file is missing or damaged, a value in it is missing or impossible, or the scores are not of the
            manifest's pairs.
    """
    training, reports, metrics = folder / "reports/training", folder / "reports", folder / "metrics"
    manifest = results.manifest(folder / "data/records/manifest.json")
    train: Lasts = read_json(metrics / "train.json", "train", results.LASTS)
    curves: tuple[Curve, ...] = read_json(training / "curves.json", "train", results.CURVES)
    losses = tables.read(training / "losses.csv", "train", numbers=["step", *(curve.key for curve in curves)])
    classes = (manifest.classes or []) if manifest.paired else []
    about: Made = read_json(folder / "models/generator/about.json", "train", results.ABOUT)
    read_as = classes or about.classes
    group = measures.ranking(about.fields.input is None, manifest.paired)
    images = _images(reports / "images.csv", manifest, group, bool(about.classes))
    return Run(
        folder=folder,
        manifest=manifest,
        about=about,
        train=train,
        times=read_json(training / "times.json", "train", results.TIMES),
        health=read_json(training / "health.json", "train", results.HEALTH),
        curves=curves,
        losses=losses.assign(epoch=losses["step"] * train.epochs / train.steps),
        validation=tables.read(training / "validation.csv", "train", numbers=["epoch"]),
        samples=_samples(training / "samples", "selection" in manifest.roles),
        segmenter=results.floor(metrics / "segmenter.json", bool(classes)),
        scores=results.scores(metrics / "evaluate.json", bool(classes), group, bool(about.classes)),
        subjects=_subjects(reports / "scores.csv", group),
        images=images,
        confusions={name: tables.square(reports / f"confusions/{name}.csv", read_as) for name in _READ},
        absent=read_json(reports / "absent.json", "evaluate", results.REASONS),
        back=_back(reports / "back", group),
    )


def _back(folder: Path, group: Group) -> Back | None:
    """Read the results of the way back; None if its folder says why there are none.

    Runs of earlier versions, which had one direction, have no folder.
    """
    if not folder.exists():
        return None
    absent = read_json(folder / "absent.json", "evaluate", results.REASONS)
    if "back" in absent:
        return None
    images = tables.read(folder / "images.csv", "evaluate", ["id", "nearest"], _measured(group)).set_index("id")
    return Back(folder, _subjects(folder / "scores.csv", group), images, absent)


def _measured(group: Group) -> list[str]:
    """Return the columns of `images.csv` that have a value for each image, by the group that ranks models."""
    found = measures.compared(group) if group is not CYCLE else measures.of(CYCLE)
    return [measure.key for measure in found if measure.each_image]


def _picture(folder: Path, pair: str, kind: str) -> Image:
    return read(pair_pictures.path(folder / "pictures", pair, kind), "evaluate", load_rgb)


_READ = ("generated", "real")


def _images(path: Path, manifest: Manifest, group: Group, asked: bool) -> pd.DataFrame:
    """Read the scores of each image, by id, and check that they are of the manifest's pairs."""
    right = [f"{kind}_pixel_accuracy" for kind in _READ if manifest.classes and manifest.paired]
    numbers = [*_measured(group), "nearest_l1", "real_nearest_l1", *right]
    texts = ["id", "nearest", *(("class", "read", "real_read") if asked else ())]
    table = tables.read(path, "evaluate", texts, numbers)
    if of_ids(table["id"]) != manifest.roles["evaluation"].ids:
        raise DataError(f"{path}: not the manifest's evaluation examples; run `dvc repro evaluate`")
    return table.set_index("id")


def _subjects(path: Path, group: Group) -> pd.DataFrame:
    """Read the scores of each subject, by its key. Without a value, a subject does not have the score."""
    table = tables.read(path, "evaluate", ["subject", "name"]).set_index("subject")
    ranks = measures.lead(group).key
    if "generated" not in table.index or ranks not in table or pd.isna(table[ranks]["generated"]):
        raise DataError(f"{path}: it has no {ranks} of the subject generated; run `dvc repro evaluate`")
    return table


def _samples(folder: Path, looked: bool) -> dict[int, Path]:
    named = {path: _SAMPLE.fullmatch(path.stem) for path in sorted(folder.glob("epoch-*.png"))}
    samples = {int(found[1]): path for path, found in named.items() if found}
    if looked and not samples:
        raise DataError(f"{folder}: no sample pictures; `dvc repro train` makes them")
    return samples
