"""The pair of pictures that TensorFlow's subjects train on."""

import numpy as np
from numpy.typing import NDArray

from bench.checks import SIZE


def noise() -> NDArray[np.uint8]:
    """An input and a target, a batch of one each: uint8 `(2, 1, SIZE, SIZE, 3)`, uniform."""
    return np.random.default_rng(0).integers(0, 256, (2, 1, SIZE, SIZE, 3), dtype=np.uint8)
