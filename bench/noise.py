"""The pairs of pictures that TensorFlow's subjects train on."""

import numpy as np
from numpy.typing import NDArray

from bench.checks import SIZE


def noise(batch: int = 1) -> NDArray[np.uint8]:
    """A batch of inputs and one of targets: uint8 `(2, batch, SIZE, SIZE, 3)`, uniform."""
    return np.random.default_rng(0).integers(0, 256, (2, batch, SIZE, SIZE, 3), dtype=np.uint8)
