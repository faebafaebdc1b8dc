"""Scores with their intervals, ready for a table that draws each score on the scale of its column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pix2pix.evaluation.measure import Measure
from pix2pix.reports.charts import ticks


@dataclass(frozen=True)
class Cell:
    """A score: its value and interval, and their places on the scale of the column, from 0 (left) to 1.

    Attributes:
        at: the place of the value.
        start, long: the place and the length of the interval.
        seeds: the standard deviation over the dropout seeds, which only the model has; otherwise None.
        apart: whether the interval does not overlap the reference's or, for differences, does not contain 0; None if
            there is nothing to compare it with.
    """

    value: float
    low: float
    high: float
    seeds: float | None
    at: float
    start: float
    long: float
    apart: bool | None


@dataclass(frozen=True)
class Column:
    """A measure and its scale.

    Attributes:
        ends: the values at both ends.
        zero: the place of 0 on the scale, 0 (left) to 1.
        reference: the place and the length of the interval of the reference; None without one.
    """

    measure: Measure
    ends: tuple[float, float]
    zero: float
    reference: tuple[float, float] | None


@dataclass(frozen=True)
class Line:
    """The scores of one subject: its key, its name for people, and a cell for each column; None without a score."""

    key: str
    name: str
    cells: list[Cell | None]


@dataclass(frozen=True)
class Board:
    """A table of scores. All lines are compared with the line whose key is `reference`."""

    columns: list[Column]
    lines: list[Line]
    reference: str | None

    def unranked(self) -> dict[str, list[str]]:
        """Return the measures in which a line's interval overlaps the reference's, by the name of the line."""
        titles = [column.measure.title for column in self.columns]
        overlaps = {
            line.name: [title for title, cell in zip(titles, line.cells, strict=True) if cell and cell.apart is False]
            for line in self.lines
            if line.key != self.reference
        }
        return {name: found for name, found in overlaps.items() if found}


def board(
    subjects: Iterable[tuple[str, str, Mapping[str, Any]]],
    measures: Iterable[Measure],
    reference: str | None = None,
    differences: bool = False,
) -> Board:
    """Make a table without empty columns and lines.

    Args:
        subjects: the key, the name for people and the scores of each subject. The scores have the keys of measures; a
            key with `_low`, `_high` or `_seeds` after it names a bound or the spread of a score.
        measures: the columns.
        reference: the key of the line with which all lines are compared.
        differences: whether the scores are differences, which are compared with 0.
    """
    listed = list(subjects)
    scores_of = {key: scores for key, _, scores in listed}
    drawn = [
        _column(measure, scores_of, reference, differences)
        for measure in measures
        if any(measure.key in scores for scores in scores_of.values())
    ]
    lines = [Line(key, name, [cells.get(key) for _, cells in drawn]) for key, name, _ in listed]
    return Board([column for column, _ in drawn], [line for line in lines if any(line.cells)], reference)


_Bounds = tuple[float, float, float]


def _bounds(scores: Mapping[str, Any], key: str) -> _Bounds:
    value = scores[key]
    return value, scores.get(f"{key}_low", value), scores.get(f"{key}_high", value)


def _column(
    measure: Measure, scores_of: Mapping[str, Mapping[str, Any]], reference: str | None, differences: bool
) -> tuple[Column, dict[str, Cell]]:
    """Return the column of a measure, and its cells by the keys of their lines."""
    found = {key: _bounds(scores, measure.key) for key, scores in scores_of.items() if measure.key in scores}
    ends = ticks([*sum(found.values(), ()), *([0.0] if differences else [])], 5)
    start, end = ends[0], ends[-1]

    def at(value: float) -> float:
        return round((value - start) / (end - start), 4)

    def stretch(low: float, high: float) -> tuple[float, float]:
        return at(low), round((high - low) / (end - start), 4)

    against = found.get(reference) if reference else None
    column = Column(measure, (start, end), at(0), stretch(*against[1:]) if against else None)
    if differences:
        against = (0.0, 0.0, 0.0)
    cells = {}
    for key, (value, low, high) in found.items():
        apart = None if against is None else low > against[2] or high < against[1]
        seeds = scores_of[key].get(f"{measure.key}_seeds")
        cells[key] = Cell(value, low, high, seeds, at(value), *stretch(low, high), apart)
    return column, cells
