"""How often a classifier reads from a picture the class that the picture was asked for.

Each picture adds one to a table of counts: a row is the class that was asked for, a column the class that was read. For
real pictures, the class that was asked for is their own.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.examples import Examples
from pix2pix.evaluation.intervals import BOUNDS, too_few, wilson
from pix2pix.evaluation.measure import HELD_OUT, OTHER_CLASS

Image = NDArray[Any]
# A table for each picture, int64 `(pictures, classes, classes)`.
Counts = NDArray[np.int64]
CONSTANT = "constant"
# The name that people read for each subject that no model makes.
NAMES = {
    HELD_OUT: "evaluation pictures, their own class (ceiling)",
    OTHER_CLASS: "evaluation pictures, another class (floor)",
    CONSTANT: "always the commonest class (chance)",
}


@dataclass(frozen=True)
class Classes:
    """The classes of a data set, and the classifier that reads them.

    Attributes:
        names: the names by class id.
        read: picture -> class id, a `ClassReader`.
    """

    names: tuple[str, ...]
    read: Callable[[Image], int]

    def counts(self, asked: Sequence[int], pictures: Iterable[Image]) -> Counts:
        """Return the counts of pictures that were asked for these classes."""
        return counted(asked, [self.read(picture) for picture in pictures], len(self.names))

    def figure(self, number: int) -> str:
        """See `class_figure`."""
        return class_figure(self.names, number)


def class_figure(names: Sequence[str], number: int) -> str:
    """Return the part of a figure's name that says the class: `1_shop`. MLflow takes few signs in such names."""
    word = re.sub(r"[^\w.-]+", "_", names[number])
    return f"{number}_{word}"


def class_ids(examples: Examples) -> list[int]:
    """Return the class id of each example."""
    return [int(example["class"]) for example in examples]


def counted(asked: Sequence[int], read: Sequence[int], classes: int) -> Counts:
    """Return the counts of pictures by asked and by read class."""
    rows, columns = (np.eye(classes, dtype=np.int64)[np.asarray(ids, np.int64)] for ids in (asked, read))
    return rows[:, :, None] * columns[:, None, :]


def of_other_classes(counts: Counts) -> Counts:
    """Return the counts of the same pictures if each was asked for every class but its own, once."""
    asked, read = counts.sum(axis=2), counts.sum(axis=1)
    return (1 - asked)[:, :, None] * read[:, None, :]


def of_constant(asked: Sequence[int], training: Sequence[int], classes: int) -> Counts:
    """Return the counts if always the commonest class of the training was read; if two are equal, the first one."""
    commonest = int(np.bincount(training, minlength=classes).argmax())
    return counted(asked, [commonest] * len(asked), classes)


def scores(counts: Counts) -> dict[str, float]:
    """Return `accuracy` and `balanced_accuracy` with the bounds of their intervals, if there are enough pictures.

    The accuracy is the share of all pictures from which the asked class is read. The balanced accuracy is the mean of
    this share over the classes (Brodersen et al. 2010), so that a common class counts no more than a rare one. A class
    that no picture was asked for is left out.

    The numbers of pictures of each class are given, and both scores are weighted means of the shares of the classes. So
    their intervals follow from those of the shares (`intervals.wilson`), which are taken for independent (MOVER: Zou &
    Donner 2008, equation 5). A jackknife would say that a score of 1 has no error, however few pictures there are.
    """
    asked, hits = counts.sum(axis=(0, 2)), np.einsum("nkk->k", counts)
    there = asked > 0
    asked, hits = asked[there], hits[there]
    bounds = np.array([wilson(int(hit), int(number)) for hit, number in zip(hits, asked, strict=True)]).T
    few = bool(too_few(len(counts)))
    weights = {"accuracy": asked / asked.sum(), "balanced_accuracy": np.full(len(asked), 1 / len(asked))}
    return {
        f"{name}{bound}": value
        for name, each in weights.items()
        for bound, value in _combined(each, hits / asked, bounds, few).items()
    }


def _combined(
    weights: NDArray[np.float64], shares: NDArray[np.float64], bounds: NDArray[np.float64], few: bool
) -> dict[str, float]:
    """Return a weighted mean of shares, and its lower and upper bound unless there are too few pictures."""
    mean = float(weights @ shares)
    low, high = np.sqrt((((bounds - shares) * weights) ** 2).sum(axis=1)).tolist()
    return {"": mean} if few else {"": mean, "_low": mean - low, "_high": mean + high}


def of_each_class(counts: Counts, classes: Classes, prefix: str = "") -> dict[str, float]:
    """Return `accuracy_<class>` of each class, the share of the pictures asked for it, with the bounds of intervals.

    A class that fewer pictures were asked for than an interval takes has no bounds; one without pictures is left out.

    Args:
        counts: the counts, of pictures that were asked for one class each.
        classes: the classes; see `Classes.figure` for their names here.
        prefix: what stands before each name.
    """
    found: dict[str, float] = {}
    for number, row in enumerate(counts.sum(axis=0)):
        if asked := int(row.sum()):
            name, hits = f"{prefix}accuracy_{classes.figure(number)}", int(row[number])
            found[name] = hits / asked
            if not too_few(asked):
                found |= {f"{name}{end}": value for end, value in zip(BOUNDS[1:], wilson(hits, asked), strict=True)}
    return found


def warning(figures: Mapping[str, float], pictures: int, classes: int, prefix: str = "") -> str:
    """Say why what the classifier reads means nothing; "" if it means something.

    Args:
        figures: they have the balanced accuracy on real pictures that the classifier has not seen.
        pictures: how many these are.
        classes: how many classes there are.
        prefix: what stands before `balanced_accuracy` in the figures.
    """
    if reason := too_few(pictures):
        return f"Whether the classifier sees the classes of real pictures is not to be told: {reason}."
    value, low, high = (figures[f"{prefix}balanced_accuracy{bound}"] for bound in ("", "_low", "_high"))
    if low > 1 / classes:
        return ""
    return (
        f"The classifier does not see the classes of real pictures: on {pictures} of them its balanced accuracy is "
        f"{value:.3f}, 95% interval {low:.3f} to {high:.3f}, and guessing has {1 / classes:.3f}. So what it reads from "
        "generated pictures says nothing about them. Train it for more epochs (segmenter.epochs) or on more pictures."
    )
