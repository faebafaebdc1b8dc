"""Curves over the epochs, and marks on a line, in the units of an SVG; `layout.macros.html` draws them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
from matplotlib.ticker import MaxNLocator

POINTS = 200  # the most points of a curve; a chart is too narrow to show more


@dataclass(frozen=True)
class Guide:
    """A value to compare curves with, and its name."""

    value: float
    words: str


@dataclass(frozen=True)
class Polyline:
    """A curve: its name, its points in the form of an SVG polyline, its last value, the number of its colour."""

    name: str
    points: str
    last: float
    colour: int


@dataclass(frozen=True)
class Chart:
    """Curves over the epochs, in the units of an SVG of `WIDTH` x `HEIGHT`.

    Attributes:
        neutral: a dotted line, as `(y, words)`, or None.
        mark: an epoch that is marked, as `(x, words)`, or None.
        columns, rows: the ticks, `(place, label)`.
    """

    WIDTH: ClassVar = 400
    HEIGHT: ClassVar = 200
    LEFT: ClassVar = 34
    RIGHT: ClassVar = 392
    TOP: ClassVar = 10
    BOTTOM: ClassVar = 176

    title: str
    note: str
    lines: list[Polyline]
    neutral: tuple[float, str] | None
    mark: tuple[float, str] | None
    columns: list[tuple[float, str]]
    rows: list[tuple[float, str]]


def chart(
    title: str,
    note: str,
    curves: Mapping[str, pd.DataFrame | None],
    neutral: Guide | None = None,
    mark: tuple[float, str] | None = None,
    logarithmic: bool = False,
) -> Chart:
    """Make a chart of one curve or more.

    Args:
        title: the title.
        note: how to read the chart.
        curves: the curves by name, in the form of `course`, each with at least one row. None takes the colour of a
            curve, but draws nothing.
        neutral: a value to compare the curves with.
        mark: an epoch to mark, and the reason.
        logarithmic: whether the vertical axis is logarithmic; then a value of 0 is drawn as the smallest other value.
    """
    there = {name: curve for name, curve in curves.items() if curve is not None}
    end = max(float(curve["epoch"].iloc[-1]) for curve in there.values())
    thin = {name: _thin(curve) for name, curve in there.items()}
    if logarithmic:
        thin = _above_0(thin)
    heights = [*pd.concat(list(thin.values()))["value"], *([neutral.value] if neutral else [])]
    rows = _decades(heights) if logarithmic else ticks(heights, 4)
    bottom, top = (_height(rows[i], logarithmic) for i in (0, -1))

    def across(epoch: float) -> float:
        return round(Chart.LEFT + epoch / end * (Chart.RIGHT - Chart.LEFT), 1)

    def up(value: float) -> float:
        share = (_height(value, logarithmic) - bottom) / (top - bottom)
        return round(Chart.BOTTOM - share * (Chart.BOTTOM - Chart.TOP), 1)

    def points(curve: pd.DataFrame) -> str:
        return " ".join(f"{across(x)},{up(y)}" for x, y in zip(curve["epoch"], curve["value"], strict=True))

    columns = [tick for tick in MaxNLocator(5, integer=True).tick_values(0, end) if tick <= end]
    return Chart(
        title=title,
        note=note,
        lines=[
            Polyline(name, points(thin[name]), float(there[name]["value"].iloc[-1]), colour)
            for colour, name in enumerate(curves)
            if name in there
        ],
        neutral=(up(neutral.value), neutral.words) if neutral else None,
        mark=(across(mark[0]), mark[1]) if mark else None,
        columns=[(across(tick), f"{tick:g}") for tick in columns],
        rows=[(up(tick), f"{tick:.3g}") for tick in rows],
    )


def course(table: pd.DataFrame, column: str, factor: float = 1) -> pd.DataFrame:
    """Return a column of a table, times a factor, over its epochs: a table with the columns `epoch` and `value`."""
    return pd.DataFrame({"epoch": table["epoch"], "value": table[column] * factor})


def _thin(curve: pd.DataFrame) -> pd.DataFrame:
    """Reduce a curve to at most `POINTS` points. Each is the mean of equally many neighbours."""
    return curve.groupby(curve.index // math.ceil(len(curve) / POINTS)).mean()


def _above_0(curves: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    values = pd.concat(list(curves.values()))["value"]
    least = values[values > 0].min() if (values > 0).any() else 1.0
    return {name: curve.assign(value=curve["value"].clip(lower=least)) for name, curve in curves.items()}


def ticks(values: Sequence[float], count: int) -> list[float]:
    """Return about `count` round numbers at equal distances. All values lie between the first and the last."""
    lowest, highest = min(values), max(values)
    if lowest == highest:
        lowest, highest = lowest - 0.05, highest + 0.05
    return [float(tick) for tick in MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(lowest, highest)]


def _decades(values: Sequence[float]) -> list[float]:
    """Return round numbers on a logarithmic scale. All values, which are above 0, lie between first and last."""
    lowest, highest = math.log10(min(values)), math.log10(max(values))
    marks = [digit * 10.0**decade for decade in range(math.floor(lowest), math.ceil(highest) + 2) for digit in (1, 3)]
    first = max(i for i, mark in enumerate(marks) if mark <= min(values))
    last = min(i for i, mark in enumerate(marks) if mark >= max(values))
    return marks[first : max(last, first + 1) + 1]


def _height(value: float, logarithmic: bool) -> float:
    return math.log10(value) if logarithmic else value


@dataclass(frozen=True)
class Strip:
    """A sample as strokes on a line, one for each value, in the units of an SVG of `WIDTH` x `HEIGHT`."""

    WIDTH: ClassVar = 600
    HEIGHT: ClassVar = 22

    name: str
    path: str
    median: float
    value: float


def strips(values: Mapping[str, "pd.Series[float]"]) -> tuple[list[Strip], list[tuple[float, str]]]:
    """Draw several samples on a common scale; return the strips, and the ticks of the scale."""
    everything = pd.concat(list(values.values()))
    marks = ticks(everything.tolist(), 6)

    def across(value: float) -> float:
        return round((value - marks[0]) / (marks[-1] - marks[0]) * Strip.WIDTH, 1)

    def strokes(sample: "pd.Series[float]") -> str:
        return "".join(f"M{across(value)} 4v14" for value in sample)

    drawn = [Strip(name, strokes(sample), across(sample.median()), sample.median()) for name, sample in values.items()]
    return drawn, [(across(mark), f"{mark:.3g}") for mark in marks]
