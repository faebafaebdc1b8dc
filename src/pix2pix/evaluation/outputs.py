"""The files of an evaluation: flat figures, tables, and a few examples of its pictures."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.base.files import whole, write_json, write_text
from pix2pix.evaluation import distances, measures, pair_pictures
from pix2pix.evaluation.intervals import too_few
from pix2pix.evaluation.measure import CYCLE
from pix2pix.evaluation.memorisation import verdict, verdict_of_views
from pix2pix.evaluation.ranking import ranked
from pix2pix.evaluation.result import Evaluation
from pix2pix.evaluation.segmenter_worth import warning
from pix2pix.models.about import About

METRICS, REPORTS = Path("metrics/evaluate.json"), Path("reports")
PICTURES, _CONFUSIONS = REPORTS / "pictures", REPORTS / "confusions"
SCORES, IMAGES, _ABSENT = REPORTS / "scores.csv", REPORTS / "images.csv", REPORTS / "absent.json"
TABLES = (SCORES, IMAGES, _ABSENT, _CONFUSIONS)
# The results of the way back: the same files in a folder of their own.
BACK = REPORTS / "back"


def write(result: Evaluation) -> None:
    """Write everything but the pictures; each file appears whole or not at all."""
    write_json(METRICS, result.flat())
    _write_tables(result, REPORTS)


def write_back(back: Evaluation, result: Evaluation) -> None:
    """Write the tables of the way back, and its figures beside those of the evaluation `result`."""
    write_json(METRICS, result.flat() | {f"back_{name}": value for name, value in back.flat().items()})
    _write_tables(back, BACK)


def write_one_way(reason: str) -> None:
    """Write results of the way back that say why there are none."""
    with whole(BACK) as folder:
        write_json(folder / _ABSENT.name, {"back": reason})


def _write_tables(result: Evaluation, reports: Path) -> None:
    write_json(reports / _ABSENT.name, result.absent)
    write_text(reports / SCORES.name, _csv(result.scores))
    write_text(reports / IMAGES.name, _csv(result.images))
    with whole(reports / _CONFUSIONS.name) as folder:
        folder.mkdir()
        for subject, table in result.confusions.items():
            (folder / f"{subject}.csv").write_text(_csv(table), encoding="utf-8", newline="\n")


def shown(result: Evaluation) -> str:
    """Return the headline scores of every subject as a table of text; without pairs, distances and scores of cycles."""
    table = result.scores.set_index("name")
    paired = "likeness" not in result.absent
    told = measures.headlines() if paired else [*measures.SETS, *measures.of(CYCLE)]
    table = table[[measure.key for measure in told if measure.key in table]]
    told_of = table.dropna(axis=1, how="all").dropna(how="all")
    return told_of.rename_axis(None).to_string(float_format="%.3f", na_rep="-")


def findings(result: Evaluation, about: About) -> list[str]:
    """Say what the figures mean, in a few sentences each; `about` describes the model."""
    pictures = len(result.images)
    judge = verdict if about.noise is None else verdict_of_views
    remembered = judge(result.memorisation, pictures, about.epoch)
    cautions = distances.cautions(pictures, result.flat())
    said = [too_few(pictures), warning(result.worth, pictures), remembered, *cautions]
    return [words for words in said if words]


def examples(result: Evaluation, pictures: Path | None = None) -> dict[str, NDArray[np.uint8]]:
    """Return the written pictures of three pairs: the best, the median and the worst by likeness to the real one.

    Pictures from noise are not ranked: they are the first, the middle and the last one.
    """
    ids = ranked(result.images)
    chosen = {"best": ids[0], "median": ids[len(ids) // 2], "worst": ids[-1]}
    return {name: pair_pictures.row(pictures or PICTURES, pair) for name, pair in chosen.items()}


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(float_format="%.6g", lineterminator="\n")
