"""Scores with their intervals, made ready for a table in which each is drawn on its column's scale."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pix2pix.reports.charts import ticks


@dataclass(frozen=True)
class Measure:
    """A score: its name in tables, what people call it, whether more is better, and the digits worth showing."""

    key: str
    name: str
    higher_is_better: bool = True
    digits: int = 3


SEGMENTATION = (
    Measure("pixel_accuracy", "Per-pixel accuracy"),
    Measure("class_accuracy", "Per-class accuracy"),
    Measure("class_iou", "Class IoU"),
    Measure("frequency_weighted_iou", "Frequency-weighted IoU"),
)
LIKENESS = (
    Measure("l1", "L1 (0 to 1)", higher_is_better=False),
    Measure("psnr", "PSNR (dB)", digits=2),
    Measure("ssim", "SSIM"),
    Measure("ms_ssim", "MS-SSIM"),
)
COLOURS = (Measure("lab_l", "Lab: L"), Measure("lab_a", "Lab: a"), Measure("lab_b", "Lab: b"))


@dataclass(frozen=True)
class Cell:
    """A score of a row: its value and interval, and where they lie on the column's scale, 0 (left) to 1.

    Attributes:
        seeds: standard deviation over the dropout seeds; None but for the model's.
        apart: whether its interval and that of the reference, or of differences its interval and 0, do not overlap;
            None if there is nothing to see it against.
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
        zero: where 0 is, 0 (left) to 1.
        reference: where the interval of the reference lies, as (start, length); None without one.
    """

    measure: Measure
    ends: tuple[float, float]
    zero: float
    reference: tuple[float, float] | None


@dataclass(frozen=True)
class Row:
    """A subject: its key, the words for people, and a cell a column, None where it has no such score."""

    key: str
    name: str
    cells: list[Cell | None]


@dataclass(frozen=True)
class Board:
    """A table of scores; `reference` is the key of the row that the others are seen against."""

    columns: list[Column]
    rows: list[Row]
    reference: str | None

    def unranked(self) -> dict[str, list[str]]:
        """The measures in which a row's interval overlaps that of the reference, by the row's words."""
        measures = [column.measure.name for column in self.columns]
        overlaps = {
            row.name: [name for name, cell in zip(measures, row.cells, strict=True) if cell and cell.apart is False]
            for row in self.rows
            if row.key != self.reference
        }
        return {name: found for name, found in overlaps.items() if found}


def board(
    subjects: Iterable[tuple[str, str, Mapping[str, Any]]],
    measures: Iterable[Measure],
    reference: str | None = None,
    differences: bool = False,
) -> Board:
    """A table of those measures that any of the subjects has, and of those subjects that have any.

    Args:
        subjects: key, words, and by name the scores there are, with those `_low`, `_high` and `_seeds` there are.
        measures: the columns.
        reference: key of the row that the others are seen against.
        differences: whether the scores are differences, to be seen against 0.
    """
    listed = list(subjects)
    scores_of = {key: scores for key, _, scores in listed}
    drawn = [
        _column(measure, scores_of, reference, differences)
        for measure in measures
        if any(measure.key in scores for scores in scores_of.values())
    ]
    rows = [Row(key, name, [cells.get(key) for _, cells in drawn]) for key, name, _ in listed]
    return Board([column for column, _ in drawn], [row for row in rows if any(row.cells)], reference)


Bounds = tuple[float, float, float]


def _bounds(scores: Mapping[str, Any], key: str) -> Bounds:
    value = scores[key]
    return value, scores.get(f"{key}_low", value), scores.get(f"{key}_high", value)


def _column(
    measure: Measure, scores_of: Mapping[str, Mapping[str, Any]], reference: str | None, differences: bool
) -> tuple[Column, dict[str, Cell]]:
    """A measure's column, and its cells by the key of their row."""
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
