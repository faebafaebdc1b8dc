"""A measure of the pairs put aside, as training knows it."""

from typing import Protocol


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


def column(measure: Watched) -> str:
    """The measure's column in `validation.csv`."""
    return f"validation_{measure.key}"
