"""Who follows a training: TensorBoard, and whoever else takes figures and sample pictures."""

from functools import partial
from pathlib import Path
from typing import Protocol, Self

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.files import remove
from pix2pix.training.loop import Watchers
from pix2pix.training.progress import Row


class Follower(Protocol):
    """Somebody who follows a training."""

    def metrics(self, values: Row, step: float) -> None:
        """Take the figures of a step or an epoch."""

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Take the sample pictures of an epoch: a uint8 RGB grid."""


def watchers(*followers: Follower) -> Watchers:
    """All of them are told: losses by step, validation and samples by epoch."""

    def tell(row: Row, axis: str) -> None:
        for follower in followers:
            follower.metrics(row, row[axis])

    def show(epoch: int, grid: NDArray[np.uint8]) -> None:
        for follower in followers:
            follower.sample(grid, epoch)

    return Watchers(partial(tell, axis="step"), partial(tell, axis="epoch"), show)


class Summaries:
    """A TensorBoard log of one run; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        """`folder` is emptied: a run that goes on tells its whole history again, and nothing stands there twice."""
        remove(folder)
        self._writer = tf.summary.create_file_writer(str(folder))

    def metrics(self, values: Row, step: float) -> None:
        """Log every figure of a row but its epoch and step."""
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
