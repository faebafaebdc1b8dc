"""The results of an ablation, and the ranking of its variants."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pix2pix import params
from pix2pix.data.labels import classes_of
from pix2pix.evaluation import measures
from pix2pix.evaluation.differences import PerImage, differences, per_image
from pix2pix.evaluation.intervals import too_few
from pix2pix.evaluation.measure import LIKENESS, SEGMENTATION, Measure
from pix2pix.pipeline.ablation.variants import Variant
from pix2pix.reports.run import Run, read_run


@dataclass(frozen=True)
class Result:
    """The results of a variant's experiment.

    Attributes:
        variant: the variant.
        params: the parameters of the run.
        run: the outputs of the stages.
        images: the scores of each image.
    """

    variant: Variant
    params: params.Params
    run: Run
    images: PerImage

    @property
    def own(self) -> pd.Series:
        """The scores of the model as the paper uses it, with their bounds."""
        return self.run.subjects.T["generated"]

    @property
    def measures(self) -> list[Measure]:
        """The measures in the table: without classes, only those of likeness."""
        return [measure for measure in listed() if pd.notna(self.own[measure.key])]

    @property
    def headline(self) -> Measure:
        """The measure that ranks the variants: the leading one of segmentation or, without classes, of likeness."""
        return next(row for row in map(measures.lead, (SEGMENTATION, LIKENESS)) if row in self.measures)


def listed() -> list[Measure]:
    """Return the measures of an ablation's table, the most telling first."""
    return [measure for measure in measures.compared() if measure.headline and measure in measures.of_pairs()]


def read(variant: Variant, folder: Path) -> Result:
    """Read the result of an experiment from its folder."""
    settings = params.load(folder / "params.yaml")
    return Result(variant, settings, read_run(folder), per_image(folder / "reports", classes_of(settings.data)))


def ranking(results: Sequence[Result]) -> str:
    """Say which variant is the best by its headline, which variants equal it within the noise, and which are behind.

    The best one is chosen by these very scores, and may be so by chance. So all pairs of variants share the 5%. With
    too few pictures none is ranked.
    """
    if reason := too_few(len(results[0].images.likeness)):
        return reason
    key = results[0].headline.key
    best = max(results, key=lambda result: float(result.own[key]))
    pairs = math.comb(len(results), 2)
    lead = {
        result.variant.name: differences(best.images, result.images, pairs)[f"{key}_low"]
        for result in results
        if result is not best
    }
    behind = [name for name, low in lead.items() if low > 0]
    even = [name for name in lead if name not in behind]
    words = {"highest": [best.variant.name], "not to be told from it": even, "behind": behind}
    return "; ".join(f"{place}: {', '.join(names)}" for place, names in words.items() if names)
