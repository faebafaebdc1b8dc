"""The floor for labels -> photo: each class is painted in its mean colour, without a network."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.labels import NO_CLASS, Palette

Image = NDArray[np.uint8]


def class_means(pairs: Iterable[tuple[Image, Image]], palette: Palette) -> NDArray[np.uint8]:
    """Return the mean colour of each class id, uint8 `(256, 3)`; an id without a pixel gets the mean of all pixels.

    Args:
        pairs: (photo, label map) of the training pairs only, uint8 RGB of one shape.
        palette: the classes.
    """
    sums, counts = np.zeros((NO_CLASS + 1, 3), np.int64), np.zeros(NO_CLASS + 1, np.int64)
    for photo, label in pairs:
        classes = palette.classes(label).ravel()
        counts += np.bincount(classes, minlength=len(counts))
        for channel in range(3):
            # The sums are whole numbers below 2⁵³, which float64 holds exactly.
            sums[:, channel] += np.bincount(classes, photo[..., channel].ravel(), len(counts)).astype(np.int64)
    means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], sums.sum(axis=0) / counts.sum())
    return np.rint(means).astype(np.uint8)
