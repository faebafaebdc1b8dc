"""What is looked at after an epoch: pairs that are not trained on are measured, and some of them are drawn."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.base import pictures
from pix2pix.data.examples import Examples
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched, column

Image = NDArray[np.uint8]
# How alike a real and a generated picture are.
Likeness = Callable[[Image, Image], float]
# Validation and samples use these dropout masks, so that they differ by the weights alone.
_SEEN_DROPOUT = 0


class Look(Protocol):
    """What is done after each epoch. It cannot change the training.

    Attributes:
        watched: what `validation` measures; its columns are those of `watched.column`.
    """

    watched: tuple[Watched, ...]

    def validation(self, epoch: int) -> Row | None:
        """The figures after this epoch (from 1), with `epoch`; None where nothing is measured."""

    def draws(self, epoch: int) -> bool:
        """Whether sample pictures are drawn after this epoch."""

    def sample(self, epoch: int) -> Image:
        """The sample pictures: a uint8 RGB grid. It is asked for after `validation`."""


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
    ) -> None:
        """What to look at.

        Args:
            generator: the one that is trained.
            validated: the pairs of which the first `validation_pairs` are measured; None: nothing is measured.
            drawn: the pairs of which the first `sample_pairs` are drawn.
            measures: by what they are measured, each with its function.
            validation_pairs, sample_pairs: see above.
            epochs: of the whole training.
        """
        self._generator, self._used = generator, GeneratorInUse(generator)
        self._measures, self._epochs = measures, epochs
        self._validated = None if validated is None else (validated, validation_pairs)
        self._drawn = drawn, sample_pairs
        self.watched = tuple(measures)

    def validation(self, epoch: int) -> Row | None:
        """The mean of each measure over the pairs."""
        self._used.refresh(self._generator)
        if self._validated is None:
            return None
        seen = [
            (example["target"], self._used(example["input"], _SEEN_DROPOUT)) for example in islice(*self._validated)
        ]
        return {"epoch": epoch} | {
            column(each): float(np.mean([measure(*pair) for pair in seen])) for each, measure in self._measures.items()
        }

    def draws(self, epoch: int) -> bool:
        """After 1, 2, 5, 10, 20, 50, … epochs, and the last: early ones differ most."""
        return epoch == self._epochs or str(epoch).rstrip("0") in ("1", "2", "5")

    def sample(self, epoch: int) -> Image:  # noqa: ARG002
        """A row a pair: input, generated, target."""
        return pictures.grid(
            [
                [example["input"], self._used(example["input"], _SEEN_DROPOUT), example["target"]]
                for example in islice(*self._drawn)
            ]
        )
