"""Measure pictures of every pair of a split: how like the real ones they are, and what the segmenter reads in them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.examples import Examples
from pix2pix.evaluation.colour import CHANNELS, histograms, intersections
from pix2pix.evaluation.confusion import confusion, segmentation_scores
from pix2pix.evaluation.intervals import bounded, bounded_means
from pix2pix.evaluation.likeness import l1, psnr, ssim
from pix2pix.evaluation.multiscale import SMALLEST, ms_ssim
from pix2pix.evaluation.segmentation import Reader

Image = NDArray[np.uint8]
# Who wants to see each pair, too: its id; `input`, `generated`, `real`, with classes `segmentation` and `truth`.
Watch = Callable[[str, dict[str, Image]], None]

LIKENESS = ("l1", "psnr", "ssim", "ms_ssim")
SEGMENTATION = ("pixel_accuracy", "class_accuracy", "class_iou", "frequency_weighted_iou")
MEASURES = (*LIKENESS, *CHANNELS, *SEGMENTATION)


@dataclass(frozen=True)
class Measured:
    """What the pictures of a split come to; what has no meaning for them is None or has no column.

    Attributes:
        images: a row an image, by id: `LIKENESS` and the image's own Lab intersections and pixel accuracy.
        colours: histograms of the real and of the measured picture, int64 `(images, 2, 3, bins)`; see `colour`.
        confusions: pixel counts, int64 `(images, classes, classes)`; see `metrics.confusion`.
    """

    images: pd.DataFrame
    colours: NDArray[np.int64] | None
    confusions: NDArray[np.int64] | None

    def scores(self) -> dict[str, float]:
        """The split's scores with their intervals: `LIKENESS` as means over the images, the others from all pixels."""
        likeness = [name for name in LIKENESS if name in self.images]
        scores = bounded_means(self.images[likeness]) if likeness else {}
        if self.colours is not None:
            scores |= bounded(self.colours, intersections)
        if self.confusions is not None:
            scores |= bounded(self.confusions, lambda counts: vars(segmentation_scores(counts)))
        return scores


def measure(
    split: Examples, reader: Reader | None, translate: Callable[[Image], Image], watch: Watch | None = None
) -> Measured:
    """Measure what `translate` makes of the inputs of a split (uint8 to uint8) against its targets.

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
        row = {likeness.__name__: likeness(target, generated) for likeness in (l1, psnr, ssim)}
        if min(target.shape[:2]) >= SMALLEST:
            row["ms_ssim"] = ms_ssim(target, generated)
        if not split.task.target.is_label:
            both = np.stack([histograms(target), histograms(generated)])
            colours.append(both)
            row |= intersections(both)
        if reader is not None:
            truth, answer = reader.truth(split.task, example), reader.generated(split.task, generated)
            confusions.append(confusion(truth, answer, len(reader.palette)))
            row["pixel_accuracy"] = segmentation_scores(confusions[-1]).pixel_accuracy
            shown |= {"segmentation": reader.palette.paint(answer), "truth": reader.palette.paint(truth)}
        rows.append(row)
        if watch is not None:
            watch(pair, shown)
    images = pd.DataFrame(rows, index=pd.Index(split.ids, name="id"))
    return Measured(images, np.stack(colours) if colours else None, np.stack(confusions) if confusions else None)


def measure_real(split: Examples, reader: Reader) -> Measured:
    """What the segmenter reads in the real photos; likeness to themselves says nothing."""
    truths_and_answers = ((reader.truth(split.task, each), reader.real(split.task, each)) for each in split)
    counts = np.stack([confusion(truth, answer, len(reader.palette)) for truth, answer in truths_and_answers])
    accuracies = [segmentation_scores(each).pixel_accuracy for each in counts]
    return Measured(pd.DataFrame({"pixel_accuracy": accuracies}, index=pd.Index(split.ids, name="id")), None, counts)
