"""Who is told how a training goes. None of them can change it."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pix2pix.training.progress import Progress, Row


class Follower(Protocol):
    """Somebody who follows a training.

    A run that goes on tells everything from its beginning once more: whoever missed a part can fill it in.
    """

    def metrics(self, values: Row, step: float) -> None:
        """Take the figures of a step or an epoch."""

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Take the sample pictures of an epoch: a uint8 RGB grid."""


class Followers:
    """Several followers as one."""

    def __init__(self, *followers: Follower) -> None:
        self._followers = followers

    def losses(self, row: Row) -> None:
        """Tell a row of `Progress.losses`."""
        self._tell(row, row["step"])

    def validation(self, row: Row) -> None:
        """Tell a row of `Progress.validation`."""
        self._tell(row, row["epoch"])

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Show the sample pictures of an epoch."""
        for follower in self._followers:
            follower.sample(grid, epoch)

    def catch_up(self, progress: Progress) -> None:
        """Tell all that a run has measured so far."""
        for row in progress.losses:
            self.losses(row)
        for row in progress.validation:
            self.validation(row)
        for epoch, grid in progress.samples.items():
            self.sample(grid, epoch)

    def _tell(self, row: Row, place: float) -> None:
        for follower in self._followers:
            follower.metrics(dict(row), place)
