"""A training in TensorBoard."""

from pathlib import Path
from typing import Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.files import remove
from pix2pix.training.progress import Row


class Summaries:
    """A TensorBoard log of one run; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        """Empty `folder`: a resumed run logs its whole history again, so nothing is there twice."""
        remove(folder)
        self._writer = tf.summary.create_file_writer(str(folder))

    def metrics(self, values: Row, step: float) -> None:
        """Log every figure of a row except its epoch and step."""
        with self._writer.as_default():
            for name, value in values.items():
                if name not in ("epoch", "step"):
                    tf.summary.scalar(name.replace("_", "/", 1), value, step=int(step))

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Log a uint8 RGB grid of samples."""
        with self._writer.as_default():
            tf.summary.image("samples", grid[None], step=epoch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
