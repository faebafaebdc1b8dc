"""95% intervals of the scores of a split: how far the scores would move with other pictures of the same kind.

This is a bootstrap over images (Efron & Tibshirani 1993, chapter 13). Whole images are drawn with replacement, since
the pixels of one picture are alike; the bounds are percentiles of the scores of the drawn images. The intervals do not
cover the weights that another training would give.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RESAMPLES = 2000
# The number of parts in which they are drawn: with hundreds of classes, all totals at once would fill the memory.
PARTS = 20
_PERCENTILES = (2.5, 97.5)
# Splits of equal size are drawn alike, so that all subjects and runs meet the same pictures.
SEED = 0


def bounded(
    values: NDArray[np.number], statistic: Callable[[NDArray[np.float64]], Mapping[str, float]]
) -> dict[str, float]:
    """Return the scores of a split with the bounds of their intervals: `{name: …, name_low: …, name_high: …}`.

    Args:
        values: `(images, ...)`, what each image adds to the total: a confusion matrix, a histogram, a row of measures.
            The draws depend on the order of the images, so keep it the same. With one image both bounds are its score.
        statistic: computes the scores, by name, from the total of the drawn images, float64 `(...)`. As many images are
            drawn as there are. Totals of whole numbers are exact.
    """
    images = len(values)
    drawn = np.random.default_rng(SEED).multinomial(images, np.full(images, 1 / images), RESAMPLES)
    flat = values.reshape(images, -1).astype(np.float64)
    totals = (total for part in np.array_split(drawn.astype(np.float64), PARTS) for total in part @ flat)
    again = pd.DataFrame([statistic(total.reshape(values.shape[1:])) for total in totals])
    scores: dict[str, float] = {}
    for name, value in statistic(values.sum(axis=0).astype(np.float64)).items():
        low, high = np.percentile(again[name], _PERCENTILES)
        scores |= {name: float(value), f"{name}_low": float(low), f"{name}_high": float(high)}
    return scores


def bounded_means(table: pd.DataFrame) -> dict[str, float]:
    """Return the mean of each column with the bounds of its interval, see `bounded`; each row is an image."""
    return bounded(table.to_numpy(), lambda total: dict(zip(table.columns, total / len(table), strict=True)))
