"""Laplacian pyramids of pictures (Burt & Adelson 1983), with the filter of PGGAN's code."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve1d

Stack = NDArray[np.float32]
_KERNEL = np.array([1, 4, 6, 4, 1], np.float32) / 16
# The smaller side, in pixels, of the coarsest level (Karras et al. 2018, section 5).
COARSEST = 16


def laplacian(pictures: Stack) -> list[Stack]:
    """Return the levels of pictures, the finest first: each lacks what the next one shows, and the last is a blur.

    Args:
        pictures: float32 `(n, height, width, channels)`.

    Returns:
        Levels of half the sides each, as long as both sides are even and the smaller one is at least 32.
    """
    levels = [pictures]
    while min(levels[-1].shape[1:3]) >= 2 * COARSEST and not any(side % 2 for side in levels[-1].shape[1:3]):
        levels.append(_halved(levels[-1]))
        levels[-2] = levels[-2] - _doubled(levels[-1])
    return levels


def _blurred(pictures: Stack) -> Stack:
    for axis in (1, 2):
        pictures = convolve1d(pictures, _KERNEL, axis, mode="mirror")
    return pictures


def _halved(pictures: Stack) -> Stack:
    return _blurred(pictures)[:, ::2, ::2]


def _doubled(pictures: Stack) -> Stack:
    count, height, width, channels = pictures.shape
    spread = np.zeros((count, 2 * height, 2 * width, channels), np.float32)
    spread[:, ::2, ::2] = 4 * pictures
    return _blurred(spread)
