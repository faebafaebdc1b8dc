"""Which epoch's generator is the model."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from pix2pix.params import Select
from pix2pix.training.progress import Row


class Watched(Protocol):
    """A measure of the pairs put aside, as training knows it; a row of the table of measures is one."""

    @property
    def key(self) -> str:
        """`l1`; `validation_l1` is its column in `validation.csv`."""

    @property
    def short(self) -> str:
        """The name for people."""

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""


def selected_epoch(validation: Sequence[Row], select: Select, epochs: int, watched: Iterable[Watched]) -> int:
    """The epoch (from 1) that `train.select` chooses among those done.

    Args:
        validation: rows of `Progress.validation`; at least one, unless the last is chosen.
        select: `last`, or `validation_` and the key of a measure.
        epochs: how many are done.
        watched: what was measured.

    Returns:
        The last one, or the one with the best value of the measure; of equally good ones the first.
    """
    if select == "last":
        return epochs
    measure = next(each for each in watched if select == f"validation_{each.key}")
    best = (max if measure.higher_is_better else min)(validation, key=lambda row: row[select])
    return int(best["epoch"])
