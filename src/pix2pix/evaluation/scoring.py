"""Every pair of a split through the generator and the segmenter: a row of scores a pair, and pictures to look at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.data.labels import Palette
from pix2pix.data.records import Pairs
from pix2pix.data.tasks import Task
from pix2pix.evaluation.likeness import l1, psnr, ssim
from pix2pix.evaluation.metrics import Confusion, confusion, segmentation_scores
from pix2pix.pictures import save_png

Image = NDArray[np.uint8]
ClassMap = NDArray[np.uint8]


@dataclass(frozen=True)
class Reader:
    """How class maps are read out of a pair, for a data set that has classes.

    Attributes:
        palette: the classes.
        segment: photo -> class map; see `evaluation.segmentation`.
    """

    palette: Palette
    segment: Callable[[Image], ClassMap]

    def truth(self, task: Task, input_: Image, target: Image) -> ClassMap:
        """The classes of the label half."""
        return self.palette.classes(task.photo_and_label(input_, target)[1])

    def generated(self, task: Task, generated: Image) -> ClassMap:
        """The classes of a generated picture: read by the segmenter from a photo, by colour from a label map."""
        return self.palette.classes(generated) if task.target_is_label else self.segment(generated)

    def real(self, task: Task, input_: Image, target: Image) -> ClassMap:
        """The classes the segmenter reads from the real photo: what a perfect photo would score."""
        return self.segment(task.photo_and_label(input_, target)[0])


@dataclass
class Scores:
    """The scores of a split.

    Attributes:
        images: a row a pair: `id`, `l1`, `psnr`, `ssim`, and with classes `generated_pixel_accuracy` and
            `real_pixel_accuracy`.
        confusions: pixel counts (see `metrics.confusion`) for `generated` and `real`; empty without classes.
    """

    images: pd.DataFrame
    confusions: dict[str, Confusion] = field(default_factory=dict)

    def flat(self) -> dict[str, float]:
        """The scores of the whole split: means over the images; FCN-scores from one confusion matrix each."""
        table = self.images
        flat: dict[str, float] = {"pairs": len(table)}
        flat |= {name: float(table[name].mean()) for name in ("l1", "psnr", "ssim")}
        for subject, counts in self.confusions.items():
            flat |= {f"{subject}_{name}": value for name, value in vars(segmentation_scores(counts)).items()}
        return flat


def score(pairs: Pairs, task: Task, translate: Callable[[Image], Image], reader: Reader | None, folder: Path) -> Scores:
    """Score a split and write its pictures.

    Args:
        pairs: the split.
        task: which half is input and which is target.
        translate: the generator, uint8 RGB to uint8 RGB.
        reader: None for a data set without classes.
        folder: gets `<id>-input.png`, `-generated.png`, `-real.png` and with classes `-segmentation.png`.
    """
    rows = []
    scores = Scores(pd.DataFrame())
    for pair, (left, right) in zip(pairs.ids, _each(pairs), strict=True):
        input_, target = task.input_and_target(left, right)
        generated = translate(input_)
        row = {"id": pair} | {measure.__name__: measure(target, generated) for measure in (l1, psnr, ssim)}
        shown = {"input": input_, "generated": generated, "real": target}
        if reader is not None:
            truth = reader.truth(task, input_, target)
            answers = {
                "generated": reader.generated(task, generated),
                "real": reader.real(task, input_, target),
            }
            shown["segmentation"] = reader.palette.paint(answers["generated"])
            for subject, answer in answers.items():
                counts = confusion(truth, answer, len(reader.palette))
                scores.confusions[subject] = scores.confusions.get(subject, 0) + counts
                row[f"{subject}_pixel_accuracy"] = segmentation_scores(counts).pixel_accuracy
        rows.append(row)
        for name, picture in shown.items():
            save_png(folder / f"{pair.replace('/', '-')}-{name}.png", picture)
    scores.images = pd.DataFrame(rows)
    return scores


def segmentation_floor(pairs: Pairs, task: Task, reader: Reader) -> dict[str, float]:
    """The segmenter on real photos, and beside it the answer that is always the commonest class of the split."""
    classes = len(reader.palette)
    counts = np.zeros((classes, classes), np.int64)
    for left, right in _each(pairs):
        halves = task.input_and_target(left, right)
        counts += confusion(reader.truth(task, *halves), reader.real(task, *halves), classes)
    truth = counts.sum(axis=1)
    constant = np.zeros_like(counts)
    constant[:, truth.argmax()] = truth
    scores = vars(segmentation_scores(counts))
    floor = vars(segmentation_scores(constant))
    return {"pairs": len(pairs), "classes": classes} | scores | {f"constant_{name}": v for name, v in floor.items()}


def _each(pairs: Pairs) -> Iterator[tuple[Image, Image]]:
    return (pairs[index] for index in range(len(pairs)))
