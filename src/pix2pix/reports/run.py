"""A finished run, read from the files that the stages wrote."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from pix2pix.base.errors import DataError, one_line
from pix2pix.base.files import read_json
from pix2pix.base.pictures import Image, load_rgb
from pix2pix.evaluation import measures, pair_pictures, segmenter_worth
from pix2pix.evaluation.measure import LIKENESS
from pix2pix.evaluation.ranking import ranked
from pix2pix.training import curves
from pix2pix.training.curves import Curve, judge

Read = TypeVar("Read")


@dataclass(frozen=True)
class Run:
    """The files of a run. An attribute has the name of its file, or is described here.

    Attributes:
        folder: the workspace.
        curves: the curves, one for each column of `losses`.
        losses: the rows of `losses.csv`. The column `epoch` is a fraction: 1.5 is half way through the second epoch.
        validation: the rows of `validation.csv`; there are none if no pairs were put aside.
        samples: the files of the sample grids by epoch, in order.
        scores: the figures of `metrics/evaluate.json`.
        subjects: the rows of `reports/scores.csv`, by subject.
        images: the rows of `reports/images.csv`, by id, with val/2 before val/10.
        confusions: for `generated` and `real`, the number of pixels by true class (rows) and read class (columns);
            empty without classes.
    """

    folder: Path
    manifest: dict[str, Any]
    about: dict[str, Any]
    train: dict[str, float]
    times: dict[str, Any]
    health: dict[str, Any]
    curves: tuple[Curve, ...]
    losses: pd.DataFrame
    validation: pd.DataFrame
    samples: dict[int, Path]
    segmenter: dict[str, float]
    scores: dict[str, float]
    subjects: pd.DataFrame
    images: pd.DataFrame
    confusions: dict[str, pd.DataFrame]
    absent: dict[str, str]

    @property
    def classes(self) -> list[str]:
        """The names of the classes; empty for a data set without classes."""
        return self.manifest["classes"] or []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the generated pictures, in pixels."""
        target = self.about["fields"]["target"]
        return target["width"], target["height"]

    @property
    def adversarial(self) -> bool:
        """Whether a player judged the pictures of another one."""
        return judge(self.curves) is not None

    @property
    def ranked(self) -> list[str]:
        """The ids of the images, the most lifelike picture first; equal pictures keep their order in `images`."""
        return ranked(self.images)

    @property
    def segmenter_warning(self) -> str:
        """Why its FCN-scores mean nothing; "" if they mean something, or there are none."""
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
        return read(pair_pictures.path(self.folder / "reports/pictures", pair, kind), "evaluate", load_rgb)

    def sample(self, epoch: int) -> Image:
        """Return the sample grid of an epoch; see `picture`."""
        return read(self.samples[epoch], "train", load_rgb)


def read_run(folder: Path) -> Run:
    """Read the run of a workspace.

    Raises:
        DataError: a file is missing or damaged, or the scores are not of the manifest's pairs.
    """
    training, reports = folder / "reports/training", folder / "reports"
    manifest = _json(folder / "data/records/manifest.json", "prepare")
    train = _json(folder / "metrics/train.json", "train")
    table = read(training / "curves.json", "train", curves.read)
    losses = _table(training / "losses.csv", "train", "step", *(curve.key for curve in table))
    ranks = measures.lead(LIKENESS).key
    subjects = _table(reports / "scores.csv", "evaluate", "subject", "name", ranks)
    images = _table(reports / "images.csv", "evaluate", "id", ranks, "nearest")
    pairs = {record["id"] for record in manifest["records"] if record["role"] == "evaluation"}
    if set(images["id"]) != pairs:
        raise DataError(f"{reports / 'images.csv'}: not the manifest's evaluation pairs; run `dvc repro evaluate`")
    return Run(
        folder=folder,
        manifest=manifest,
        about=_json(folder / "models/generator/about.json", "train"),
        train=train,
        times=_json(training / "times.json", "train"),
        health=_json(training / "health.json", "train"),
        curves=table,
        losses=losses.assign(epoch=losses["step"] * train["epochs"] / train["steps"]),
        validation=_table(training / "validation.csv", "train", "epoch"),
        samples=_samples(training / "samples", "selection" in manifest["roles"]),
        segmenter=_json(folder / "metrics/segmenter.json", "segmenter"),
        scores=_json(folder / "metrics/evaluate.json", "evaluate"),
        subjects=subjects.set_index("subject"),
        images=images.set_index("id"),
        confusions={name: _confusion(reports / f"confusions/{name}.csv") for name in ("generated", "real")},
        absent=_json(reports / "absent.json", "evaluate"),
    )


def read(path: Path, stage: str, parse: Callable[[Path], Read]) -> Read:
    """Parse a file that a stage wrote.

    Raises:
        DataError: the file is missing or damaged; the message names the stage that makes it.
    """
    try:
        return parse(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; `dvc repro {stage}` makes it") from None
    except (ValueError, SyntaxError, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk fails; errors about the contents, such as Pillow's, have no number
        raise DataError(
            f"{path}: cannot be read ({one_line(error)}); remove it, and `dvc repro {stage}` makes it anew"
        ) from None


def _json(path: Path, stage: str) -> Any:
    return read(path, stage, read_json)


def _table(path: Path, stage: str, *columns: str) -> pd.DataFrame:
    """Read a CSV file that has at least these columns; an id such as "NA" or "007" stays a text."""
    texts = dict.fromkeys(("id", "class", "subject", "name", "nearest", "real_nearest"), str)

    def parse(path: Path) -> pd.DataFrame:
        table = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])
        if missing := [column for column in columns if column not in table]:
            raise ValueError(f"it has no column {missing[0]}")
        return table

    return read(path, stage, parse)


def _confusion(path: Path) -> pd.DataFrame:
    return read(path, "evaluate", _counts)


def _counts(path: Path) -> pd.DataFrame:
    """Read a table whose columns are in the order of its rows; a class may be called `class` or `name`."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("class").astype(int)
    return table.set_axis(table.index, axis="columns")


def _samples(folder: Path, looked: bool) -> dict[int, Path]:
    samples = {int(path.stem.removeprefix("epoch-")): path for path in sorted(folder.glob("epoch-*.png"))}
    if looked and not samples:
        raise DataError(f"{folder}: no sample pictures; `dvc repro train` makes them")
    return samples
