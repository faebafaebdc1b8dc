import pytest

from pix2pix.evaluation import measures
from pix2pix.evaluation.measure import SEGMENTATION
from pix2pix.evaluation.watched import SSIM
from pix2pix.reports.scoreboard import board


def scores(value, low, high, key="ssim"):
    return {key: value, f"{key}_low": low, f"{key}_high": high}


SUBJECTS = [
    ("model", "the model", scores(0.50, 0.45, 0.55) | {"ssim_seeds": 0.01}),
    ("touching", "touching it", scores(0.60, 0.55, 0.65)),
    ("above", "above it", scores(0.70, 0.60, 0.80)),
    ("below", "below it", scores(0.30, 0.20, 0.40)),
    ("nothing", "without a score", {}),
]


def test_only_rows_and_columns_with_scores_are_there():
    table = board(SUBJECTS, (*measures.of(SEGMENTATION), SSIM), "model")
    assert [column.measure for column in table.columns] == [SSIM]
    assert [line.key for line in table.lines] == ["model", "touching", "above", "below"]


def test_rows_are_apart_where_their_intervals_do_not_meet():
    table = board(SUBJECTS, [SSIM], "model")
    assert {line.key: line.cells[0].apart for line in table.lines} == {
        "model": False, "touching": False, "above": True, "below": True,
    }  # fmt: skip
    assert table.unranked() == {"touching it": ["SSIM"]}


def test_without_a_reference_nothing_is_said_to_be_apart():
    assert {line.cells[0].apart for line in board(SUBJECTS, [SSIM]).lines} == {None}


def test_differences_are_apart_from_0():
    rows = [("a", "", scores(0.1, 0.05, 0.2)), ("b", "", scores(-0.1, -0.3, 0.01)), ("c", "", scores(-0.2, -0.3, -0.1))]
    table = board(rows, [SSIM], differences=True)
    assert [line.cells[0].apart for line in table.lines] == [True, False, True]
    low, high = table.columns[0].ends
    assert low + table.columns[0].zero * (high - low) == pytest.approx(0, abs=1e-4)


def test_all_rows_share_a_scale_that_holds_them():
    table = board(SUBJECTS, [SSIM], "model")
    low, high = table.columns[0].ends
    assert low <= 0.2 and high >= 0.8
    for line, (_, _, told) in zip(table.lines, SUBJECTS, strict=False):
        (cell,) = line.cells
        assert low + cell.at * (high - low) == pytest.approx(told["ssim"], abs=1e-3)
        start, long = cell.bar
        assert low + start * (high - low) == pytest.approx(told["ssim_low"], abs=1e-3)
        assert long * (high - low) == pytest.approx(told["ssim_high"] - told["ssim_low"], abs=1e-3)
    start, long = table.columns[0].reference
    assert low + start * (high - low) == pytest.approx(0.45, abs=1e-3) and long * (high - low) == pytest.approx(
        0.1, abs=1e-3
    )


def test_what_has_no_interval_is_not_ranked():
    """Neither a line, nor against such a reference, nor a difference."""
    bare = [("one", "", {"ssim": 0.5}), ("two", "", {"ssim": 0.6}), ("three", "", scores(0.7, 0.69, 0.71))]
    for reference, differences in (("one", False), ("three", False), (None, True)):
        table = board(bare, [SSIM], reference, differences)
        one, two, three = (line.cells[0] for line in table.lines)
        assert (one.interval, one.bar, one.apart, two.apart) == (None, None, None, None)
        assert three.interval == (0.69, 0.71) and 0 <= one.at < two.at <= 1
        assert table.unranked() == {}
    assert board(bare, [SSIM], "one").columns[0].reference is None


def test_the_spread_over_seeds_stands_in_its_row_alone():
    seeds = [line.cells[0].seeds for line in board(SUBJECTS, [SSIM], "model").lines]
    assert seeds == [0.01, None, None, None]
