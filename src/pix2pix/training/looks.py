"""The look at a system after each epoch: it measures pairs that are not trained on, and draws some of them."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.base import pictures
from pix2pix.data.examples import Examples
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched, column

Image = NDArray[Any]
# A measure of how alike a real and a generated picture are.
Likeness = Callable[[Image, Image], float]
# Validation and samples use these dropout masks, so that they differ by the weights alone.
SEEN_DROPOUT = 0


class Look(Protocol):
    """What happens after each epoch. A look cannot change the training.

    Attributes:
        watched: the measures of `validation`; `watched.column` names their columns.
    """

    watched: tuple[Watched, ...]

    def validation(self, epoch: int) -> Row | None:
        """Return the figures after an epoch (from 1), with `epoch` itself; None if nothing is measured."""

    def draws(self, epoch: int) -> bool:
        """Whether sample pictures are drawn after an epoch (from 1)."""

    def sample(self, epoch: int) -> Image:
        """Return the sample pictures, a uint8 RGB grid. It is called after `validation`."""


def drawn_after(epoch: int, epochs: int, every: int | None = None) -> bool:
    """Whether samples are drawn after an epoch.

    Args:
        epoch: the number of the epoch, from 1.
        epochs: the number of all epochs; the last one is drawn in any case.
        every: samples are drawn every so many epochs; None for 1, 2, 5, 10, 20, 50, …, as early epochs differ most.
    """
    due = epoch % every == 0 if every else str(epoch).rstrip("0") in ("1", "2", "5")
    return due or epoch == epochs


class PairedLook:
    """Validation and samples of a generator that turns an input into a target."""

    def __init__(
        self,
        generator: keras.Model,
        validated: Examples | None,
        drawn: Examples,
        measures: Mapping[Watched, Likeness],
        validation_pairs: int,
        sample_pairs: int,
        epochs: int,
        sample_epochs: int | None = None,
    ) -> None:
        """Take the generator and the pairs to look at.

        Args:
            generator: the generator that is trained.
            validated: the pairs to measure; None if nothing is measured.
            drawn: the pairs to draw.
            measures: each measure with its function.
            validation_pairs: the number of pairs, from the first on, that are measured.
            sample_pairs: the number of pairs, from the first on, that are drawn.
            epochs: the number of epochs of the whole training.
            sample_epochs: pairs are drawn every so many epochs; None for more and more seldom, see `drawn_after`.
        """
        self._generator, self._used = generator, GeneratorInUse(generator, bits=drawn.task.target.bits)
        self._measures, self._epochs, self._every = measures, epochs, sample_epochs
        self._validated = None if validated is None else (validated, validation_pairs)
        self._drawn = drawn, sample_pairs
        self.watched = tuple(measures)

    def validation(self, epoch: int) -> Row | None:
        """Return the mean of each measure over the pairs."""
        self._used.refresh(self._generator)
        if self._validated is None:
            return None
        seen = [(example["target"], self._used(example["input"], SEEN_DROPOUT)) for example in islice(*self._validated)]
        return {"epoch": epoch} | {
            column(each): float(np.mean([measure(*pair) for pair in seen])) for each, measure in self._measures.items()
        }

    def draws(self, epoch: int) -> bool:
        """See `drawn_after`."""
        return drawn_after(epoch, self._epochs, self._every)

    def sample(self, epoch: int) -> Image:  # noqa: ARG002
        """Draw one row for each pair: input, generated, target."""
        return pictures.grid(
            [
                [example["input"], self._used(example["input"], SEEN_DROPOUT), example["target"]]
                for example in islice(*self._drawn)
            ]
        )
