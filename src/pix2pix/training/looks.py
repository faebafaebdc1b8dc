"""The look at a system after each epoch: it measures pairs that are not trained on, and draws some of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.base import pictures
from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Example, beside
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.params import Train
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


@dataclass(frozen=True)
class Watching:
    """The examples that a look at a generator sees, and when.

    Attributes:
        validated: the pairs to measure; None if nothing is measured.
        drawn: the examples to draw.
        measures: each measure with its function.
        validation_pairs: the number of pairs, from the first on, that are measured.
        sample_pairs: the number of examples, from the first on, that are drawn.
        epochs: the number of epochs of the whole training.
        sample_epochs: examples are drawn every so many epochs; None for more and more seldom, see `drawn_after`.
    """

    validated: Examples | None
    drawn: Examples
    measures: Mapping[Watched, Likeness]
    validation_pairs: int
    sample_pairs: int
    epochs: int
    sample_epochs: int | None

    @classmethod
    def of(cls, train: Train, examples: Mapping[str, Examples], measures: Mapping[Watched, Likeness]) -> "Watching":
        """Return what a look sees.

        Args:
            train: the `train` section.
            examples: the examples by role. Without the role `selection`, training examples are drawn, and nothing is
                measured.
            measures: the measures of the selection split, each with its function. A set without pairs has none,
                because no target is known to belong to an input.
        """
        watched, paired = examples.get("selection"), examples["train"].has_pairs
        return cls(
            validated=watched if paired else None,
            drawn=examples["train"] if watched is None else watched,
            measures=measures if paired else {},
            validation_pairs=train.validation_pairs,
            sample_pairs=train.sample_pairs,
            epochs=train.all_epochs,
            sample_epochs=train.sample_epochs,
        )


class Translating(Protocol):
    """A trained network in use, as `GeneratorInUse`."""

    def refresh(self, trained: keras.Model) -> None:
        """Copy the weights again, after more training."""

    def __call__(self, *given: Any, **beside: Any) -> Image:
        """Translate an input to a target with a seed, and what the network reads beside the input."""


class PairedLook:
    """Validation and samples of a generator that turns an input into a target."""

    def __init__(self, generator: keras.Model, watching: Watching, used: Translating | None = None) -> None:
        """Take the generator that is trained, what to look at, and its form in use if it needs another one."""
        self._generator = generator
        self._used: Translating = used or GeneratorInUse(generator, bits=watching.drawn.task.target.bits)
        self._watching = watching
        self.watched = tuple(watching.measures)

    def validation(self, epoch: int) -> Row | None:
        """Return the mean of each measure over the pairs."""
        self._used.refresh(self._generator)
        asked = self._watching
        if asked.validated is None:
            return None
        examples = islice(asked.validated, asked.validation_pairs)
        seen = [(example, self._answer(example)) for example in examples]
        return {"epoch": epoch} | self._figures(seen)

    def _figures(self, seen: Sequence[tuple[Example, Image]]) -> Row:
        """Return the mean of each measure over examples and their answers."""
        return {
            column(each): float(np.mean([measure(example["target"], answer) for example, answer in seen]))
            for each, measure in self._watching.measures.items()
        }

    def draws(self, epoch: int) -> bool:
        """See `drawn_after`."""
        return drawn_after(epoch, self._watching.epochs, self._watching.sample_epochs)

    def sample(self, epoch: int) -> Image:  # noqa: ARG002
        """Draw the rows of the first examples."""
        return pictures.grid([self._row(each) for each in islice(self._watching.drawn, self._watching.sample_pairs)])

    def _row(self, example: Example) -> list[Image]:
        """Return the pictures of an example: input, generated, target."""
        return [example["input"], self._answer(example), example["target"]]

    def _answer(self, example: Example) -> Image:
        return self._used(example["input"], SEEN_DROPOUT, **beside(example))
