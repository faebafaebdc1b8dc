"""Segmenters that look at no photo. A trained segmenter sees something only if it scores more than these.

Each learns from the class maps of the training split, uint8 `(n, height, width)`, and answers every photo of that size
with the same class map, uint8 `(height, width)`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.labels import NO_CLASS

ClassMap = NDArray[np.uint8]
Segment = Callable[[NDArray[np.uint8]], ClassMap]


def constant(training: NDArray[np.uint8]) -> Segment:
    """A segmenter that answers the commonest class everywhere; if two are equally common, the first one."""
    commonest = np.bincount(training.ravel(), minlength=NO_CLASS)[:NO_CLASS].argmax()
    answer = np.full(training.shape[1:], commonest, np.uint8)
    return lambda _: answer


def prior(training: NDArray[np.uint8]) -> Segment:
    """A segmenter that answers, at every pixel, the class that is commonest there; if two are equal, the first one."""
    counts = [(training == number).sum(axis=0) for number in range(int(training[training != NO_CLASS].max()) + 1)]
    answer = np.argmax(counts, axis=0).astype(np.uint8)
    return lambda _: answer
