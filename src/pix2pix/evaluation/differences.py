"""How far apart two models are on the same images.

An image that is hard for one model is hard for the other, so their scores rise and fall together. The interval of their
difference is therefore narrower than the intervals of the two scores suggest, because each image is drawn for both
models at once. Overlapping intervals of two scores do not yet mean a tie.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.labels import Palette
from pix2pix.evaluation import measures, pair_pictures
from pix2pix.evaluation.confusion import confusions, segmentation_scores
from pix2pix.evaluation.intervals import bounded, bounded_means
from pix2pix.evaluation.measure import ASKED, HELD_OUT, LIKENESS, SAMPLES, Measure


@dataclass(frozen=True)
class PerImage:
    """The results of a model's evaluation for each image, by id.

    Attributes:
        likeness: one row for each image, one column for each compared measure of likeness.
        confusions: pixel counts, int64 `(images, classes, classes)`; None without classes.
    """

    likeness: pd.DataFrame
    confusions: NDArray[np.int64] | None

    def table(self) -> pd.DataFrame:
        """Return one table with a row for each image: likeness, and counts `true>read` for each two class numbers."""
        if self.confusions is None:
            return self.likeness
        images, classes, _ = self.confusions.shape
        names = [f"{true}>{read}" for true in range(classes) for read in range(classes)]
        return self.likeness.join(pd.DataFrame(self.confusions.reshape(images, -1), self.likeness.index, names))

    @classmethod
    def of_table(cls, table: pd.DataFrame) -> "PerImage":
        """Read what `table` returned.

        Raises:
            ValueError: the table has gaps or values that are no numbers, or a column is missing.
        """
        names = _likeness()
        if missing := [name for name in names if name not in table]:
            raise ValueError(f"it has no column {missing[0]}")
        if table.empty or not np.isfinite(table.to_numpy(np.float64)).all():
            raise ValueError("it has gaps, or values that are no numbers")
        likeness, counts = table[names], table.drop(columns=names).to_numpy(np.int64)
        classes = math.isqrt(counts.shape[1])
        return cls(likeness, counts.reshape(len(table), classes, classes) if classes else None)


def per_image(reports: Path, palette: Palette | None) -> PerImage:
    """Read an evaluation's `images.csv`, and count the pixels of its pictures of class maps.

    Args:
        reports: the folder `reports` of a run.
        palette: None for a data set without classes.

    Raises:
        ValueError: the table has gaps or values that are no numbers, names an image twice, or a column is missing.
    """
    table = pd.read_csv(reports / "images.csv", index_col="id")
    if not table.index.is_unique:
        raise ValueError("images.csv names an image twice")
    likeness = PerImage.of_table(table[[name for name in _likeness() if name in table]]).likeness
    if palette is None:
        return PerImage(likeness, None)

    def classes(pair: str, kind: str) -> NDArray[np.uint8]:
        return palette.classes(pair_pictures.load(reports / "pictures", pair, kind))

    maps = ((classes(pair, "truth"), classes(pair, "segmentation")) for pair in likeness.index)
    return PerImage(likeness, confusions(maps, len(palette)))


def differences(one: PerImage, other: PerImage, among: int = 1) -> dict[str, float]:
    """Subtract the scores of `other` from the scores of `one` on the same images, with the bounds of 95% intervals.

    Args:
        one, other: the models.
        among: how many such comparisons share the 5%; see `intervals.bounded`.

    Returns:
        `{key: …, key_low: …, key_high: …}` for each compared measure; without classes, for the likeness measures only.
        With too few images there are no bounds; see `intervals.bounded`.
    """
    found = bounded_means(one.likeness - other.likeness, among)
    if one.confusions is None or other.confusions is None:
        return found
    return found | of_confusions(one.confusions, other.confusions, among)


def of_confusions(one: NDArray[np.int64], other: NDArray[np.int64], among: int = 1) -> dict[str, float]:
    """Subtract the segmentation scores of `other` from those of `one`, with bounds; see `differences`.

    Args:
        one, other: pixel counts, int64 `(images, classes, classes)`.
        among: see `differences`.
    """

    def difference(totals: NDArray[np.float64]) -> dict[str, float]:
        first, second = (vars(segmentation_scores(total)) for total in totals)
        return {name: first[name] - second[name] for name in first}

    return bounded(np.stack([one, other], axis=1), difference, among=among)


def of_sets(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """Subtract the scores of sets of pictures; see `differences`.

    The pictures of two models from noise have nothing to do with each other, so their errors are taken for independent.
    Errors of models with the same inputs are alike, so there the interval of a distance is rather too wide.
    Scores by a network that the user trains or brings, the classifier's and Inception's, are left out unless both
    models were judged by the same one: then the rows of real pictures have the same scores.

    Args:
        one, other: the scores by their keys in `measures`, with their bounds if there are any.
    """
    found: dict[str, float] = {}
    judged = [(measures.of(ASKED), (HELD_OUT,)), (measures.INCEPTION, ("training", "real"))]
    unlike = [measure for by, rows in judged for measure in by if not _one_judge(by, rows, one, other)]
    kept = [measure.key for measure in measures.of(SAMPLES, ASKED) if measure not in unlike]
    for key in (key for key in kept if key in one and key in other):
        found[key] = one[key] - other[key]
        if all(f"{key}_low" in each for each in (one, other)):
            reach = math.hypot(*((each[f"{key}_high"] - each[f"{key}_low"]) / 2 for each in (one, other)))
            found |= {f"{key}_low": found[key] - reach, f"{key}_high": found[key] + reach}
    return found


def _one_judge(by: Sequence[Measure], rows: Sequence[str], *models: Mapping[str, float]) -> bool:
    """Return whether the network behind measures gave the same scores to real pictures, the rows of these names."""
    figures = [measure.figure(row) for measure in by for row in rows]
    one, other = ({figure: model[figure] for figure in figures if figure in model} for model in models)
    return bool(one) and one == other


def _likeness() -> list[str]:
    """Return the keys of the compared measures of likeness."""
    return [measure.key for measure in measures.compared(LIKENESS)]
