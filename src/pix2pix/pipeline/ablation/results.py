"""What a row's experiment came to, and how rows stand to each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pix2pix import params
from pix2pix.data.labels import classes_of
from pix2pix.evaluation.differences import PerImage, differences, per_image
from pix2pix.pipeline.ablation.rows import Row
from pix2pix.reports.run import Run, read_run
from pix2pix.reports.scoreboard import LIKENESS, SEGMENTATION, Measure

# What is shown, in this order.
KEYS = ("pixel_accuracy", "class_accuracy", "class_iou", "l1", "ssim")
MEASURES = tuple(measure for measure in (*SEGMENTATION, *LIKENESS) if measure.key in KEYS)
# The first of these that there is ranks the rows.
HEADLINES = ("class_iou", "ssim")


@dataclass(frozen=True)
class Result:
    """What a row's experiment came to.

    Attributes:
        row: which it is.
        params: the parameters it ran with.
        run: what the stages wrote.
        images: what it scored on each image.
    """

    row: Row
    params: params.Params
    run: Run
    images: PerImage

    @property
    def own(self) -> pd.Series:
        """The scores of its model as the paper uses it, with their bounds."""
        return self.run.subjects.T["generated"]

    @property
    def measures(self) -> list[Measure]:
        """Those of `MEASURES` that there are: without classes only those of likeness."""
        return [measure for measure in MEASURES if pd.notna(self.own[measure.key])]

    @property
    def headline(self) -> Measure:
        """What rows are ranked by."""
        return next(measure for key in HEADLINES for measure in self.measures if measure.key == key)


def read(row: Row, folder: Path) -> Result:
    """The result that an experiment left in a folder."""
    settings = params.load(folder / "params.yaml")
    return Result(row, settings, read_run(folder), per_image(folder / "reports", classes_of(settings.data)))


def ranking(results: Sequence[Result]) -> str:
    """In words: which row is the highest by its headline, which cannot be told from it, which are behind."""
    key = results[0].headline.key
    best = max(results, key=lambda result: float(result.own[key]))
    lead = {
        result.row.name: differences(best.images, result.images)[f"{key}_low"]
        for result in results
        if result is not best
    }
    behind = [name for name, low in lead.items() if low > 0]
    even = [name for name in lead if name not in behind]
    words = {"highest": [best.row.name], "not to be told from it": even, "behind": behind}
    return "; ".join(f"{place}: {', '.join(names)}" for place, names in words.items() if names)
