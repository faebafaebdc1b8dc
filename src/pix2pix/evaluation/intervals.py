"""95% intervals of the scores of a split: how far the scores would move with other pictures of the same kind.

Each interval is a jackknife over the images with Student's t (Tukey 1958; Efron & Tibshirani 1993, chapter 11). Each
image is left out once, and the spread of the scores without it gives the standard error. The bounds are the score less
and plus this error times the 97.5% quantile of t with n - 1 degrees of freedom. For a mean this is the interval of the
textbooks. Whole images are left out, because the pixels of one picture are alike. Percentiles of a bootstrap are too
narrow for few images: of 5 images they tell equal models apart in 18 of 100 cases, this interval in 5. The intervals do
not cover the weights that another training would give.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

# Of fewer images nothing can be told at this level: four differences of equal sign come by chance in 1 of 8 cases.
FEWEST = 5
_OUTSIDE = 0.05
# What follows the name of a score, of its lower and of its upper bound.
BOUNDS = ("", "_low", "_high")
_ENDS = (("_low", -1), ("_high", 1))
# The most groups of images that are left out in turn.
_GROUPS = 10
# The range of a score that is a share.
SHARE = (0.0, 1.0)


def bounded(
    values: NDArray[np.number],
    statistic: Callable[[NDArray[np.float64]], Mapping[str, float]],
    within: tuple[float, float] = (-math.inf, math.inf),
    among: int = 1,
) -> dict[str, float]:
    """Return the scores of a split with the bounds of their intervals: `{name: …, name_low: …, name_high: …}`.

    With fewer than `FEWEST` images there are no bounds: `{name: …}`.

    Args:
        values: `(images, ...)`, what each image adds to the total: a confusion matrix, a histogram, a row of measures.
        statistic: computes the scores, by name, from a total, float64 `(...)`, of as many images as there are. A total
            without one image is scaled to that number. The total of whole numbers is exact.
        within: the range of the scores; no bound lies outside.
        among: how many comparisons share the 5% (Bonferroni); with one these are 95% intervals.
    """
    images, total = len(values), values.sum(axis=0).astype(np.float64)
    scores = {name: float(value) for name, value in statistic(total).items()}
    if too_few(images):
        return scores
    left = pd.DataFrame([statistic((total - each) * (images / (images - 1))) for each in values])
    reach = float(stdtrit(images - 1, 1 - _OUTSIDE / (2 * among))) * math.sqrt(images - 1) * left.std(ddof=0)
    for name, value in list(scores.items()):
        for bound, end in {"_low": value - reach[name], "_high": value + reach[name]}.items():
            scores[f"{name}{bound}"] = float(np.clip(end, *within))
    return scores


def bounded_means(table: pd.DataFrame, among: int = 1) -> dict[str, float]:
    """Return the mean of each column with the bounds of its interval, see `bounded`; each row is an image."""

    def means(total: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(table.columns, total / len(table), strict=True))

    return bounded(table.to_numpy(), means, among=among)


def jackknifed(
    images: int, statistic: Callable[[list[NDArray[np.int64]]], Sequence[Mapping[str, float]]]
) -> dict[str, float]:
    """Return scores of whole sets with the bounds of their intervals; see `bounded`.

    Such scores are no function of a total, and dear. So groups of images are left out instead of single ones: ten
    groups, or as many as there are images (Efron & Tibshirani 1993, section 11.5).

    Args:
        images: the number of images.
        statistic: computes the scores, by name, of each of several parts of the images, which come by their numbers.
    """
    numbers = np.arange(images)
    if too_few(images):
        return dict(statistic([numbers])[0])
    groups = min(_GROUPS, images)
    whole, *left = statistic([numbers, *(numbers[numbers % groups != group] for group in range(groups))])
    spread = pd.DataFrame(left).std(ddof=0)
    reach = float(stdtrit(groups - 1, 1 - _OUTSIDE / 2)) * math.sqrt(groups - 1) * spread
    ends = {
        f"{name}{bound}": value + sign * float(reach[name]) for name, value in whole.items() for bound, sign in _ENDS
    }
    return {**whole, **ends}


def wilson(hits: int, number: int) -> tuple[float, float]:
    """Return the 95% interval of a share (Wilson 1927; recommended by Brown, Cai & DasGupta 2001)."""
    from scipy.stats import binomtest  # its import takes a second, which not every reader of intervals has

    found = binomtest(hits, number).proportion_ci(method="wilson")
    return found.low, found.high


def too_few(number: int, of: str = "pictures") -> str:
    """Say why there is no interval, `too few pictures (3): no interval`; "" if there are `FEWEST` or more."""
    return f"too few {of} ({number}): no interval" if number < FEWEST else ""
