"""Whether a generator remembers training pictures. If so, its pictures lie nearer to them than real pictures do."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.examples import Examples
from pix2pix.evaluation.intervals import bounded_means

Image = NDArray[np.uint8]
# The side of the grid of sums that rules most pictures out. The smallest pictures have this side, too.
GRID = 32


class TrainingPictures:
    """The training targets; `nearest` finds the one that is nearest to a picture, by L1 over all pixels.

    The distance is exact, and the first of equally near targets is taken. Targets are neither mirrored nor shifted.
    """

    def __init__(self, examples: Examples) -> None:
        """The targets are uint8 with sides that are multiples of `GRID`; each is read when it is compared."""
        self._examples = examples
        self._sums = np.stack([_block_sums(example["target"]) for example in examples])

    def nearest(self, picture: Image) -> tuple[int, float, float]:
        """Return the number of the nearest target, its L1 in [0, 1], and how much farther the second nearest is."""
        # The sums over blocks never differ by more than the pixels do, so they give a lower bound of the distance.
        at_least = np.abs(self._sums - _block_sums(picture)).sum(axis=1)
        best: list[tuple[int, int]] = []
        for number in np.argsort(at_least, kind="stable").tolist():
            if len(best) == 2 and at_least[number] > best[1][0]:
                break
            apart = np.abs(picture.astype(np.int16) - self._examples[number]["target"]).sum(dtype=np.int64)
            best = sorted([*best, (int(apart), number)])[:2]
        (apart, number), (farther, _) = best[0], best[-1]
        return number, apart / (255 * picture.size), (farther - apart) / (255 * picture.size)


def _block_sums(picture: Image) -> NDArray[np.int64]:
    height, width, channels = picture.shape
    blocks = picture.reshape(GRID, height // GRID, GRID, width // GRID, channels)
    return blocks.sum(axis=(1, 3), dtype=np.int32).ravel()


def memorisation(distances: pd.DataFrame) -> dict[str, float]:
    """Return the figures that `verdict` judges: means over the images, with the bounds of their intervals, and a share.

    Args:
        distances: one row for each image. `nearest_l1` is the L1 from the generated picture to the nearest training
            picture, and `nearest_gap` is how much farther the second nearest is. `real_nearest_l1` and
            `real_nearest_gap` are the same for the real picture.

    Returns:
        The means of these columns, and the mean differences `nearest_minus_real` and `nearest_gap_minus_real`. Each
        has `_low` and `_high` beside it. `nearest_share` is the share of the generated pictures that lie nearer to a
        training picture than the median real picture does.
    """
    apart = {
        "nearest_minus_real": distances["nearest_l1"] - distances["real_nearest_l1"],
        "nearest_gap_minus_real": distances["nearest_gap"] - distances["real_nearest_gap"],
    }
    share = float((distances["nearest_l1"] < distances["real_nearest_l1"].median()).mean())
    return bounded_means(distances.assign(**apart)) | {"nearest_share": share}


def verdict(figures: Mapping[str, float]) -> str:
    """Say in a sentence what the figures of `memorisation` mean, and by which rule.

    Smooth pictures lie nearer to any photo than sharp ones do; a remembered picture lies nearer to one photo than to
    all others. Memorisation therefore takes two signs: the interval of the mean difference to the real pictures is
    below 0, and the interval of the mean gap behind the nearest training picture is above 0. A photo that stands twice
    in the training split leaves no gap.
    """
    if not figures["nearest_minus_real_high"] < 0:
        return (
            "No sign of memorised pictures: generated ones are not nearer to the training pictures than real ones are "
            "(the 95% interval of the mean difference in L1 is not below 0)."
        )
    if not figures["nearest_gap_minus_real_low"] > 0:
        return (
            "No sign of memorised pictures: generated ones are nearer to the training pictures than real ones are (the "
            "95% interval of the mean difference in L1 is below 0), but to no single one of them: the gap between the "
            "nearest and the second nearest is not larger (its 95% interval is not above 0). They are smoother."
        )
    return (
        "Pictures may be memorised: generated ones are nearer to the training pictures than real ones are (the 95% "
        "interval of the mean difference in L1 is below 0), and to single ones of them: the gap between the nearest "
        "and the second nearest is larger (its 95% interval is above 0). Look at the pairs."
    )
