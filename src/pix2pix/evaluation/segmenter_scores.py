"""How good a segmenter is, beside segmenters that look at no photo."""

from pathlib import Path

import keras
import numpy as np

from pix2pix.data import records
from pix2pix.data.labels import Palette
from pix2pix.evaluation import baselines, segmenter_worth
from pix2pix.evaluation.baselines import Segment
from pix2pix.evaluation.scoring import measure_real
from pix2pix.evaluation.segmentation import Reader, Segmentation
from pix2pix.params import Data

# Each prefix of a score's name, and the segmenter that it belongs to.
NAMES = {"": "the segmenter", "constant_": "always the commonest class", "prior_": "the commonest class of each place"}


def measure(model: keras.Model, folder: Path, data: Data, palette: Palette) -> dict[str, float]:
    """Score a segmenter, and the two baselines that look at no photo, on the evaluation split.

    Args:
        model: see `networks.segmenter`.
        folder: the folder of the records.
        data: the `data` section.
        palette: the classes.

    Returns:
        `pairs`, `classes`, the segmentation scores with their intervals, with the prefixes of `NAMES`, and how far the
        segmenter is above the two others; see `segmenter_worth.over`.
    """
    split, training = (records.load(folder, role).by_id() for role in ("evaluation", "train"))
    labels = (training.task.photo_and_label(example)[1] for example in training)
    classes = np.stack([palette.classes(label) for label in labels])
    answers: dict[str, Segment] = {
        "": Segmentation.of(model),
        "constant_": baselines.constant(classes),
        "prior_": baselines.prior(classes),
    }
    measured = {prefix: measure_real(split, Reader(palette, segment)) for prefix, segment in answers.items()}
    scores: dict[str, float] = {"pairs": len(split), "classes": len(palette)}
    for prefix, each in measured.items():
        own = each.scores()
        scores |= {f"{prefix}{name}": value for name, value in own.items()}
        print(
            f"{data.evaluation_split}, {NAMES[prefix]}: pixel accuracy {own['pixel_accuracy']:.3f}, "
            f"class accuracy {own['class_accuracy']:.3f}, class IoU {own['class_iou']:.3f}"
        )
    counts = {prefix.rstrip("_"): each.confusions for prefix, each in measured.items() if each.confusions is not None}
    scores |= segmenter_worth.over(counts.pop(""), counts)
    print(segmenter_worth.warning(scores, len(split)) or "so it sees something in real pictures")
    return scores
