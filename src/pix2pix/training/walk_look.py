"""The look at a network that makes its pictures in steps.

It also measures how far the answers go from their inputs, and how far they differ from one another. The verdict on the
curves (`health.lone`) reads both: such a network may keep its input, or answer every input with the mean target.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.data.tasks import Example
from pix2pix.networks.walker import WalkerInUse
from pix2pix.params.walk import Walk
from pix2pix.training.looks import SEEN_DROPOUT, Image, PairedLook, Watching
from pix2pix.training.progress import Row
from pix2pix.training.watched import column

# So many pictures, from the first on, are compared with one another.
_COMPARED = 16


class Trait(NamedTuple):
    """A figure of the answers, as a share of the same figure of the real pictures. It is a `watched.Watched`."""

    key: str
    short: str
    higher_is_better: bool = True


# The mean distance of an answer from its input, and that of two answers from each other.
MOVED, VARIED = Trait("moved", "Distance from inputs"), Trait("varied", "Distance from one another")


class WalkLook(PairedLook):
    """Validation and samples of a network, in the steps in which it will be used; samples in one step, too."""

    def __init__(self, generator: keras.Model, watching: Watching, walk: Walk) -> None:
        """Take the network that is trained, what to look at, and the steps."""
        task = watching.drawn.task
        used = WalkerInUse(generator, walk, task.input.is_label, task.target.bits)
        super().__init__(generator, watching, used)
        self._at_once = used.going(walk.asked(1))
        self.watched = (*self.watched, MOVED, VARIED)

    def _figures(self, seen: Sequence[tuple[Example, Image]]) -> Row:
        """Return the means of the measures, and both shares."""
        inputs, real = (np.stack([each[name].astype(np.float32) for each, _ in seen]) for name in ("input", "target"))
        made = np.stack([answer.astype(np.float32) for _, answer in seen])
        if inputs.shape != real.shape:  # a way begins with their mean in each channel; see `flow.start`
            inputs = inputs.mean(axis=-1, keepdims=True) * (_top(seen[0][1]) / _top(seen[0][0]["input"]))
        shares = {
            MOVED: _share(_apart(made, inputs), _apart(real, inputs)),
            VARIED: _share(*(_among(each[:_COMPARED]) for each in (made, real))),
        }
        return super()._figures(seen) | {column(each): share for each, share in shares.items()}

    def _row(self, example: Example) -> list[Image]:
        """Return the pictures of an example: input, generated in one step, generated, target."""
        given, *others = super()._row(example)
        return [given, self._at_once(example["input"], SEEN_DROPOUT), *others]


def _top(picture: Image) -> int:
    return int(np.iinfo(picture.dtype).max)


def _apart(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return float(np.abs(first - second).mean())


def _among(pictures: NDArray[np.float32]) -> float:
    return sum(_apart(*pair) for pair in combinations(pictures, 2))


def _share(made: float, real: float) -> float:
    """Return how much `made` is of `real`; 1 where the real pictures have no distance that could be kept."""
    return made / real if real else 1.0
