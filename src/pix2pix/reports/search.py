"""The page of a search: its trials, the best one first, and how much each parameter matters.

`search.html` has the words; this file places the marks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pix2pix.evaluation.measure import Measure
from pix2pix.reports import charts, layout


@dataclass(frozen=True)
class Row:
    """A trial in the table.

    Attributes:
        number: its number, from 0.
        state: what became of it, in words.
        value: the figure of the objective; None if it has none.
        values: the parameters that vary, as written, by path.
        seconds: the time of its training; None if it is unknown.
    """

    number: int
    state: str
    value: float | None
    values: dict[str, str]
    seconds: float | None


@dataclass(frozen=True)
class Importance:
    """The share of the variance that each parameter explains, 0 … 1, by path; or the reason why there is none."""

    shares: dict[str, float]
    reason: str


@dataclass(frozen=True)
class Axis:
    """The scale of the objective: both ends, and the place of each trial on it by number, 0 (left) to 1."""

    ends: tuple[float, float]
    places: dict[int, float]


def page(name: str, figure: str, measure: Measure, rows: Sequence[Row], importance: Importance) -> str:
    """Return the page as HTML.

    Args:
        name: the name of the search.
        figure: the name of the objective.
        measure: what the objective measures.
        rows: the trials, the best one first; one or more have a value.
        importance: how much each parameter matters.
    """
    return layout.render(
        "search.html",
        name=name,
        figure=figure,
        measure=measure,
        rows=rows,
        finished=[row for row in rows if row.value is not None],
        axis=_axis(rows),
        importance=importance,
        proportions="",
    )


def _axis(rows: Sequence[Row]) -> Axis:
    values = {row.number: row.value for row in rows if row.value is not None}
    marks = charts.ticks([*values.values()], 5)
    first, last = marks[0], marks[-1]
    return Axis((first, last), {number: round((value - first) / (last - first), 4) for number, value in values.items()})
