"""Followers get the figures and pictures of a training. They cannot change it."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pix2pix.training.progress import Progress, Row


class Follower(Protocol):
    """A receiver of a training's figures and pictures.

    A resumed run sends everything again from its beginning, so that a follower can fill in what it missed.
    """

    def metrics(self, values: Row, step: float) -> None:
        """Take the figures of a step or an epoch."""

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Take the sample pictures of an epoch: a uint8 RGB grid."""


class Followers:
    """Several followers that are used as one."""

    def __init__(self, *followers: Follower) -> None:
        self._followers = followers

    def losses(self, row: Row) -> None:
        """Send a row of `Progress.losses`."""
        self._tell(row, row["step"])

    def validation(self, row: Row) -> None:
        """Send a row of `Progress.validation`."""
        self._tell(row, row["epoch"])

    def sample(self, grid: NDArray[np.uint8], epoch: int) -> None:
        """Send the sample pictures of an epoch."""
        for follower in self._followers:
            follower.sample(grid, epoch)

    def catch_up(self, progress: Progress) -> None:
        """Send everything that a run has measured so far."""
        for row in progress.losses:
            self.losses(row)
        for row in progress.validation:
            self.validation(row)
        for epoch, grid in progress.samples.items():
            self.sample(grid, epoch)

    def _tell(self, row: Row, place: float) -> None:
        for follower in self._followers:
            follower.metrics(dict(row), place)
