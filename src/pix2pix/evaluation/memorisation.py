"""Whether a generator remembers training pictures: how near its pictures lie to them, beside how near real ones lie."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.examples import Examples
from pix2pix.evaluation.intervals import bounded_means

Image = NDArray[np.uint8]
# Side of the grid of sums by which most pictures are ruled out; the smallest pictures are of this side.
GRID = 32


class TrainingPictures:
    """The training targets, to be asked for the one nearest to a picture, by L1 over all pixels.

    The distance is exact, and of equally near ones the first is taken. They are compared as they are, not mirrored or
    shifted.
    """

    def __init__(self, examples: Examples) -> None:
        """Targets are uint8, their sides multiples of `GRID`; they are read as they are compared."""
        self._examples = examples
        self._sums = np.stack([_block_sums(example["target"]) for example in examples])

    def nearest(self, picture: Image) -> tuple[int, float, float]:
        """The number of the nearest one, its L1 on the scale 0 to 1, and by how much the second nearest is farther."""
        # Sums over blocks differ by no more than the blocks' pixels do: what is farther by them need not be looked at.
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
    """The figures `verdict` judges by: means over the images with the bounds of their intervals, and a share.

    Args:
        distances: a row an image, of the generated picture in `nearest_l1` and `nearest_gap`, of the real one in
            `real_nearest_l1` and `real_nearest_gap`: L1 to the nearest training picture, and by how much the second
            nearest is farther.

    Returns:
        Those columns' means; `nearest_minus_real` and `nearest_gap_minus_real`, the means of the images' differences;
        all with `_low` and `_high`; `nearest_share`, the share of the generated pictures that lie nearer to a training
        picture than the median real one does.
    """
    apart = {
        "nearest_minus_real": distances["nearest_l1"] - distances["real_nearest_l1"],
        "nearest_gap_minus_real": distances["nearest_gap"] - distances["real_nearest_gap"],
    }
    share = float((distances["nearest_l1"] < distances["real_nearest_l1"].median()).mean())
    return bounded_means(distances.assign(**apart)) | {"nearest_share": share}


def verdict(figures: Mapping[str, float]) -> str:
    """What the figures of `memorisation` say, in a sentence, with the rule it follows.

    Smooth pictures lie nearer to any photo than sharp ones do. A remembered photo lies nearer than all others: so it
    takes both, a mean difference to the real pictures whose interval is below 0, and a larger gap behind the nearest
    training picture, whose interval is above 0. A photo that is twice in the training leaves no gap.
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
