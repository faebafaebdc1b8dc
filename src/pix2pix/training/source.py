"""What the loop asks for: the batches of a training, and its step."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from pix2pix.training.plan import Plan
from pix2pix.training.system import Batch, Losses


class Source(Protocol):
    """A source of batches. A batch is a function of (seed, epoch, position)."""

    def __call__(self, epoch: int, windows: Sequence[range]) -> Iterator[Batch]:
        """Yield the batches of an epoch (from 0) with these numbers, a window at a time: fields `(steps, batch, …)`.

        The batches of a window have one size. The windows are in order; there may be batches between them.
        """


class Step(Protocol):
    """A step as the loop does it: `fed` yields what the call takes."""

    def fed(self, source: Source, plan: Plan, epoch: int, skip: int) -> Iterator[Any]:
        """Yield what is needed for the steps of an epoch (from 0), without the first `skip` steps."""

    def __call__(self, given: Any, first: int, /) -> Losses:
        """Do the step with this number, from 0, or several; return float32 `(steps,)` by the keys of the curves."""
