import math

import numpy as np
import pandas as pd
import pytest

from pix2pix.reports.charts import POINTS, Chart, Guide, Strip, chart, course, strips, ticks


def table(values):
    return pd.DataFrame({"epoch": np.arange(1, len(values) + 1), "value": np.asarray(values, float)})


def points(line):
    return [tuple(map(float, point.split(","))) for point in line.points.split()]


def value_at(drawn, y):
    """What a height means, by the first and the last tick."""
    (bottom, low), (top, high) = ((place, float(label)) for place, label in (drawn.rows[0], drawn.rows[-1]))
    return low + (y - bottom) / (top - bottom) * (high - low)


def test_points_lie_where_their_epoch_and_value_are():
    drawn = chart("", "", {"one": table([0.2, 0.9, 0.4])})
    xs, ys = zip(*points(drawn.lines[0]), strict=True)
    assert xs[-1] == Chart.RIGHT and xs[1] == pytest.approx(Chart.LEFT + 2 / 3 * (Chart.RIGHT - Chart.LEFT), abs=0.1)
    assert [value_at(drawn, y) for y in ys] == pytest.approx([0.2, 0.9, 0.4], abs=5e-3)
    assert all(Chart.TOP <= y <= Chart.BOTTOM for y in ys)
    assert drawn.lines[0].last == 0.4


def test_the_neutral_line_is_on_the_chart_whatever_the_curve():
    drawn = chart("", "", {"one": table([0.1, 0.12])}, Guide(math.log(2), "undecided, ln 2 = 0.693"))
    y, words = drawn.neutral
    assert value_at(drawn, y) == pytest.approx(math.log(2), abs=5e-3)
    assert words == "undecided, ln 2 = 0.693"


def test_a_long_curve_is_thinned_to_means_and_its_last_value_is_kept():
    values = np.arange(10 * POINTS, dtype=float)
    (line,) = chart("", "", {"one": table(values)}).lines
    assert len(points(line)) == POINTS and line.last == values[-1]


def test_a_curve_that_is_missing_keeps_its_colour():
    drawn = chart("", "", {"a": table([1, 2]), "b": None, "c": table([2, 1])})
    assert [(line.name, line.colour) for line in drawn.lines] == [("a", 0), ("c", 2)]


@pytest.mark.parametrize("values", [[0.5, 46, 20], [1, 1], [3e-5, 2e4], [10, 30], [0.7, 0.9]])
def test_a_logarithmic_axis_holds_every_value_at_its_height(values):
    drawn = chart("", "", {"one": table(values)}, logarithmic=True)
    (bottom, low), (top, high) = ((place, float(label)) for place, label in (drawn.rows[0], drawn.rows[-1]))
    assert low <= min(values) and high >= max(values)
    for (_, y), value in zip(points(drawn.lines[0]), values, strict=True):
        exponent = math.log10(low) + (y - bottom) / (top - bottom) * (math.log10(high) - math.log10(low))
        assert exponent == pytest.approx(math.log10(value), abs=0.05)


def test_a_logarithmic_axis_takes_a_gradient_that_vanished():
    drawn = chart("", "", {"one": table([4, 0, 0.2])}, logarithmic=True)
    (_, first), (_, none), (_, least) = points(drawn.lines[0])
    assert none == least > first
    assert points(chart("", "", {"one": table([0, 0])}, logarithmic=True).lines[0])


@pytest.mark.parametrize("values", [[0.5], [0, 0], [0.123, 0.124], [-3, 5], [1e6, 2e6]])
def test_ticks_are_round_increasing_and_around_all_values(values):
    found = ticks(values, 5)
    assert found[0] <= min(values) and found[-1] >= max(values)
    assert np.diff(found) == pytest.approx(found[1] - found[0]) and found[1] > found[0]


def test_a_column_of_a_table_is_scaled():
    losses = pd.DataFrame({"epoch": [1, 2], "generator_l1": [0.4, 0.2]})
    assert course(losses, "generator_l1", 0.5)["value"].tolist() == [0.2, 0.1]


def test_strips_share_their_scale():
    (one, other), marks = strips({"one": pd.Series([0.1, 0.2, 0.6]), "other": pd.Series([0.3])})
    (left, first), (right, last) = marks[0], marks[-1]
    assert (left, right) == (0, Strip.WIDTH)
    for strip, median in ((one, 0.2), (other, 0.3)):
        assert strip.value == median
        assert float(first) + strip.median / Strip.WIDTH * (float(last) - float(first)) == pytest.approx(
            median, abs=1e-3
        )
    assert one.path.count("M") == 3
