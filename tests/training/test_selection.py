import pytest

from pix2pix.evaluation.likeness import WATCHED
from pix2pix.params import Train
from pix2pix.training.plan import Plan
from pix2pix.training.selection import selected_epoch

ROWS = [
    {"epoch": 1, "validation_l1": 0.4, "validation_ssim": 0.1},
    {"epoch": 2, "validation_l1": 0.2, "validation_ssim": 0.3},
    {"epoch": 3, "validation_l1": 0.2, "validation_ssim": 0.5},
    {"epoch": 4, "validation_l1": 0.3, "validation_ssim": 0.5},
]


def plan(select, lower_is_better):
    """A training of four epochs."""
    return Plan(1, 1, 4, 0, 1, 1, 1, 1.0, select, lower_is_better)


@pytest.mark.parametrize(
    ("select", "lower", "epoch"), [(None, False, 4), ("validation_l1", True, 2), ("validation_ssim", False, 3)]
)
def test_the_best_value_and_of_equal_ones_the_first(select, lower, epoch):
    assert selected_epoch(ROWS, plan(select, lower), 4) == epoch


def test_the_last_needs_no_measure():
    assert selected_epoch([], plan(None, False), 3) == 3


def test_every_watched_measure_can_select():
    for measure in WATCHED:
        select = f"validation_{measure.key}"
        assert Train(select=select).select == select
