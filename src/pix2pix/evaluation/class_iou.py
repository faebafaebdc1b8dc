"""The figure that chooses the epoch of a segmenter: its class IoU on photos that it was not trained on."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.data.labels import Palette
from pix2pix.evaluation.confusion import confusions, segmentation_scores
from pix2pix.evaluation.segmentation import Segmentation

Image = NDArray[np.uint8]


def judge(pairs: Sequence[tuple[Image, Image]], palette: Palette) -> Callable[[keras.Model], float]:
    """Return a function that takes a segmenter and gives its class IoU, in [0, 1], over all pixels of the pairs.

    Args:
        pairs: (photo, label map), uint8 RGB `(height, width, 3)` each.
        palette: the classes.
    """
    truths = [palette.classes(label) for _, label in pairs]

    def class_iou(model: keras.Model) -> float:
        segment = Segmentation.of(model)
        read = ((truth, segment(photo)) for truth, (photo, _) in zip(truths, pairs, strict=True))
        return segmentation_scores(confusions(read, len(palette)).sum(axis=0)).class_iou

    return class_iou
