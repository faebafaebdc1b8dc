"""Whether a generator remembers training pictures. If so, its pictures are copies, or lie nearer than real ones do."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import fisher_exact

from pix2pix.base.errors import number_of
from pix2pix.base.shown import shown
from pix2pix.data.examples import Examples
from pix2pix.evaluation.intervals import bounded_means, too_few

Image = NDArray[np.uint8]
# The side of the grid of sums that rules most pictures out. The smallest pictures have this side, too.
GRID = 32
# A copy is at most one grey level away on average, as JPEG makes it, or three times as near as any other training
# picture: the rule of Yoon et al. 2023, "Diffusion Probabilistic Models Generalize when They Fail to Memorize".
SAME = 1 / 255
_THIRD = 1 / 3
_CHANCE = 0.05
_RULE = "at most one grey level away, or three times as near as the second nearest"


class TrainingPictures:
    """The training targets; `nearest` finds the one that is nearest to a picture, by L1 over all pixels.

    The distance is exact, and the first of equally near targets is taken. Targets are neither mirrored nor shifted.
    They are compared as they are shown, in 8-bit RGB; see `shown`.
    """

    def __init__(self, examples: Examples) -> None:
        """The targets have sides that are multiples of `GRID`; each is read when it is compared."""
        self._examples = examples
        self._sums = np.stack([_block_sums(shown(example["target"])) for example in examples])

    def nearest(self, picture: Image) -> tuple[int, float, float]:
        """Return the number of the nearest target, its L1 in [0, 1], and how much farther the second nearest is."""
        # The sums over blocks never differ by more than the pixels do, so they give a lower bound of the distance.
        at_least = np.abs(self._sums - _block_sums(picture)).sum(axis=1)
        best: list[tuple[int, int]] = []
        for number in np.argsort(at_least, kind="stable").tolist():
            if len(best) == 2 and at_least[number] > best[1][0]:
                break
            apart = np.abs(picture.astype(np.int16) - shown(self._examples[number]["target"])).sum(dtype=np.int64)
            best = sorted([*best, (int(apart), number)])[:2]
        (apart, number), (farther, _) = best[0], best[-1]
        return number, apart / (255 * picture.size), (farther - apart) / (255 * picture.size)


def _block_sums(picture: Image) -> NDArray[np.int64]:
    height, width, channels = picture.shape
    blocks = picture.reshape(GRID, height // GRID, GRID, width // GRID, channels)
    return blocks.sum(axis=(1, 3), dtype=np.int32).ravel()


def memorisation(distances: pd.DataFrame, thirds: bool = True) -> dict[str, float]:
    """Return the figures that `verdict` judges: means over the images, with the bounds of their intervals, and counts.

    Args:
        distances: one row for each image. `nearest_l1` is the L1 from the generated picture to the nearest training
            picture, and `nearest_gap` is how much farther the second nearest is. `real_nearest_l1` and
            `real_nearest_gap` are the same for the real picture.
        thirds: whether a picture is a copy also if it is three times as near as the second nearest.

    Returns:
        The means of these columns, and the mean differences `nearest_minus_real` and `nearest_gap_minus_real`. Each
        has `_low` and `_high` beside it, if there are enough images. `nearest_share` is the share of the generated
        pictures that lie nearer to a training picture than the median real picture does. `nearest_copies` and
        `real_nearest_copies` count the generated and the real pictures that are copies of a training picture.
    """
    apart = {
        "nearest_minus_real": distances["nearest_l1"] - distances["real_nearest_l1"],
        "nearest_gap_minus_real": distances["nearest_gap"] - distances["real_nearest_gap"],
    }
    share = float((distances["nearest_l1"] < distances["real_nearest_l1"].median()).mean())
    copies = {f"{of}nearest_copies": _copies(distances, of, thirds) for of in ("", "real_")}
    return bounded_means(distances.assign(**apart)) | {"nearest_share": share} | copies


def _copies(distances: pd.DataFrame, of: str, thirds: bool) -> int:
    """Count the pictures that are copies: at most `SAME` away, or nearer than a `_THIRD` of the second nearest."""
    nearest, gap = distances[f"{of}nearest_l1"], distances[f"{of}nearest_gap"]
    return int(((nearest <= SAME) | (thirds & (nearest < _THIRD * (nearest + gap)))).sum())


def verdict(figures: Mapping[str, float], pictures: int, epochs: int) -> str:
    """Say what the figures of `memorisation` mean: a headline, a colon, and what was measured.

    Copies are named first. A mean can hide a few of them; and if the real pictures themselves stand in the training
    split, a comparison with them tells nothing. Without copies it takes two signs: smooth pictures lie nearer to
    any photo than sharp ones do, but a remembered picture lies nearer to one photo than to all others. So the interval
    of the mean difference to the real pictures has to be below 0, and the interval of the mean gap behind the nearest
    training picture above 0. No answer here says that nothing is memorised.

    Args:
        figures: see `memorisation`.
        pictures: how many were evaluated.
        epochs: how many epochs the model has learned for.
    """
    if shared := int(figures["real_nearest_copies"]):
        return (
            f"Training and evaluation share pictures: {shared} of {pictures} real pictures are copies of a training "
            f"picture (the nearest one is {_RULE}), and so are {int(figures['nearest_copies'])} generated ones. The "
            "scores are not those of new pictures, and memorisation cannot be told from them."
        )
    if copies := int(figures["nearest_copies"]):
        return (
            f"Training pictures are copied: {copies} of {pictures} generated pictures are copies of one (the nearest "
            f"one is {_RULE}); no real picture is. Look at them."
        )
    learned = f"after {number_of(epochs, 'epoch')}"
    return f"{_by_means(figures, pictures)} No generated picture is a copy of a training picture, {learned}."


def verdict_of_views(figures: Mapping[str, float], pictures: int, epochs: int) -> str:
    """Say the same of pictures from noise, whose training pictures may be many views of few things.

    There a new view lies very near to an old one now and then: among points that fill a surface evenly, the nearest is
    three times as near as the second nearest in 1 of 9 cases. So only pictures at most `SAME` away count as copies
    (`memorisation` with `thirds=False`), and they say something only if there are more of them among the generated
    pictures than among real ones, by Fisher's exact test at 5%. Equal pictures in two roles were refused before.
    """
    made, real = int(figures["nearest_copies"]), int(figures["real_nearest_copies"])
    near = (
        f"{made} of {pictures} generated and {real} of {pictures} real pictures are at most one grey level away from a"
    )
    near += f" training picture, after {number_of(epochs, 'epoch')}"
    more = fisher_exact([[made, pictures - made], [real, pictures - real]], alternative="greater").pvalue < _CHANCE
    return f"Training pictures are copied: {near}. Look at them." if more else f"{_by_means(figures, pictures)} {near}."


def _by_means(figures: Mapping[str, float], pictures: int) -> str:
    """Say what the mean distances mean, if nothing is a copy."""
    if reason := too_few(pictures):
        return f"Not to be told: {reason}, so the distances to training pictures cannot be compared with real ones."
    difference = "L1 to the nearest one, generated minus real: {:+.4f} [{:+.4f}, {:+.4f}]".format(
        *(figures[f"nearest_minus_real{bound}"] for bound in ("", "_low", "_high"))
    )
    if not figures["nearest_minus_real_high"] < 0:
        return (
            "Not nearer than real pictures: generated pictures are not nearer to the training pictures than real ones "
            f"are ({difference}). A model that has learned little gives this answer, too."
        )
    nearer = f"generated pictures are nearer to the training pictures than real ones are ({difference})"
    if not figures["nearest_gap_minus_real_low"] > 0:
        return (
            f"Nearer, but to no single picture: {nearer}, as smooth pictures are. The gap between the nearest and the "
            "second nearest is not larger than for real pictures."
        )
    return (
        f"Pictures may be memorised: {nearer}, and nearer to one of them than to the others: the gap between the "
        "nearest and the second nearest is larger than for real pictures. Look at them."
    )
