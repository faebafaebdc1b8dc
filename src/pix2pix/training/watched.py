"""A measure of the pairs put aside, as training knows it."""

from typing import Protocol


class Watched(Protocol):
    """A measure of the pairs put aside, as training knows it. `evaluation.measure.Measure` is one."""

    @property
    def key(self) -> str:
        """The key, such as `l1`."""

    @property
    def short(self) -> str:
        """The name for people."""

    @property
    def higher_is_better(self) -> bool:
        """Whether more is better."""


def column(measure: Watched) -> str:
    """Return the measure's column in `validation.csv`, such as `validation_l1`."""
    return f"validation_{measure.key}"
