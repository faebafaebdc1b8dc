"""The measures of a whole split: how much its pictures are like the real ones, and what a segmenter reads in them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.examples import Examples
from pix2pix.evaluation import likeness, measures, multiscale
from pix2pix.evaluation.colour import histograms, intersections
from pix2pix.evaluation.confusion import confusion, segmentation_scores
from pix2pix.evaluation.intervals import SHARE, bounded, bounded_means
from pix2pix.evaluation.measure import COLOUR, LIKENESS, SEGMENTATION, Measure
from pix2pix.evaluation.segmentation import Reader

Image = NDArray[np.uint8]
# Is shown each pair: its id, and its pictures `input`, `generated`, `real`, with classes `segmentation` and `truth`.
Watch = Callable[[str, dict[str, Image]], None]


@dataclass(frozen=True)
class Measured:
    """The counts of a split, from which its scores follow; what has no meaning for it is None or has no column.

    Attributes:
        images: a row an image, by id; a column each measure that means something for a single image.
        colours: histograms of the real and of the measured picture, int64 `(images, 2, 3, bins)`; see `colour`.
        confusions: pixel counts, int64 `(images, classes, classes)`; see `confusion.confusion`.
    """

    images: pd.DataFrame
    colours: NDArray[np.int64] | None
    confusions: NDArray[np.int64] | None

    def scores(self) -> dict[str, float]:
        """The split's scores with their intervals: likeness is the mean over the images, the rest is of all pixels."""
        means = [measure.key for measure in measures.of(LIKENESS) if measure.key in self.images]
        scores = bounded_means(self.images[means]) if means else {}
        if self.colours is not None:
            scores |= bounded(self.colours, intersections, SHARE)
        if self.confusions is not None:
            scores |= bounded(self.confusions, lambda counts: vars(segmentation_scores(counts)), SHARE)
        return scores


def measure(
    split: Examples, reader: Reader | None, translate: Callable[[Image], Image], watch: Watch | None = None
) -> Measured:
    """Compare what `translate` makes of the inputs of a split, uint8, with its targets.

    Args:
        split: the examples.
        reader: None for a data set without classes.
        translate: a generator, or what stands in for one.
        watch: is shown every pair.
    """
    rows, colours, confusions = [], [], []
    for pair, example in zip(split.ids, split, strict=True):
        input_, target = example["input"], example["target"]
        shown = {"input": input_, "generated": (generated := translate(input_)), "real": target}
        row = _likeness(target, generated)
        if not COLOUR.lacks(photos=not split.task.target.is_label, classes=reader is not None):
            both = np.stack([histograms(target), histograms(generated)])
            colours.append(both)
            row |= intersections(both)
        if reader is not None:
            truth, answer = reader.truth(split.task, example), reader.generated(split.task, generated)
            confusions.append(confusion(truth, answer, len(reader.palette)))
            row |= _recognition(confusions[-1])
            shown |= {"segmentation": reader.palette.paint(answer), "truth": reader.palette.paint(truth)}
        rows.append(row)
        if watch is not None:
            watch(pair, shown)
    images = pd.DataFrame(rows, index=pd.Index(split.ids, name="id"))
    return Measured(images, np.stack(colours) if colours else None, np.stack(confusions) if confusions else None)


def measure_real(split: Examples, reader: Reader) -> Measured:
    """What the segmenter reads in the real photos; their likeness to themselves is not measured."""
    truths_and_answers = ((reader.truth(split.task, each), reader.real(split.task, each)) for each in split)
    counts = np.stack([confusion(truth, answer, len(reader.palette)) for truth, answer in truths_and_answers])
    rows = [_recognition(each) for each in counts]
    return Measured(pd.DataFrame(rows, index=pd.Index(split.ids, name="id")), None, counts)


def _likeness(target: Image, generated: Image) -> dict[str, float]:
    """The measures of likeness of a picture that is large enough for them, by key."""
    rows = [row for row in measures.of(LIKENESS) if not row.too_small(min(target.shape[:2]))]
    return {row.key: _function(row)(target, generated) for row in rows}


def _function(row: Measure) -> Callable[[Image, Image], float]:
    """The function of a measure of likeness, which has the measure's key for a name."""
    return next(getattr(file, row.key) for file in (likeness, multiscale) if hasattr(file, row.key))


def _recognition(counts: NDArray[np.int64]) -> dict[str, float]:
    """What a single image scores by the measures that mean something for it, by key; `counts` is its confusion."""
    scores = vars(segmentation_scores(counts))
    return {row.key: scores[row.key] for row in measures.of(SEGMENTATION) if row.each_image}
