"""The floor for labels -> photo: each class is painted in its mean colour, without a network."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.labels import NO_CLASS, Palette
from pix2pix.data.tasks import Field

Image = NDArray[Any]


def class_means(pairs: Iterable[tuple[Image, Image]], palette: Palette, photos: Field) -> Image:
    """Return the mean colour of each class id, `(256, channels)`; an id without a pixel gets the mean of all pixels.

    Args:
        pairs: (photo, label map) of the training pairs only, of one size; label maps are uint8 RGB.
        palette: the classes.
        photos: the field of the photos.
    """
    sums, counts = np.zeros((NO_CLASS + 1, photos.channels), np.int64), np.zeros(NO_CLASS + 1, np.int64)
    for photo, label in pairs:
        classes = palette.classes(label).ravel()
        counts += np.bincount(classes, minlength=len(counts))
        for channel in range(photos.channels):
            # The sums are whole numbers below 2⁵³, which float64 holds exactly.
            sums[:, channel] += np.bincount(classes, photo[..., channel].ravel(), len(counts)).astype(np.int64)
    means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], sums.sum(axis=0) / counts.sum())
    return np.rint(means).astype(photos.dtype)
