"""Seams made by hand."""

import numpy as np
import pytest

from pix2pix.models.seams import seams
from pix2pix.models.tiling import Grid

COLUMNS = Grid([0, 24], [0], 32, 32)  # borders at 24 and 32
BOTH = Grid([0, 24], [0, 24], 32, 32)


def ramp(step=2):
    """Each pixel is `step` brighter than the one before it, in both directions."""
    return (step * np.add.outer(np.arange(56), np.arange(56)))[..., None].astype(np.uint8)


@pytest.mark.parametrize("grid", [COLUMNS, BOTH, Grid([0], [0], 56, 56)])
def test_without_a_seam_it_is_1(grid):
    assert seams(ramp(), grid) == 1
    assert seams(np.full((56, 56, 3), 7, np.uint8), grid) == 1


@pytest.mark.parametrize("grid", [COLUMNS, BOTH])
@pytest.mark.parametrize("height", [2, 6, -2])
def test_a_step_made_by_hand_is_its_height_against_the_steps_beside_it(grid, height):
    picture = ramp(1).astype(int)
    for border in (24, 32):
        picture[:, border:] += height
        if grid is BOTH:
            picture[border:] += height
    assert seams(picture.astype(np.uint8), grid) == pytest.approx(abs(1 + height))


def test_half_a_seam_counts_half():
    picture = ramp(1).astype(int)
    picture[:, 24:] += 6
    assert seams(picture.astype(np.uint8), COLUMNS) == pytest.approx((7 + 1) / 2)


def test_steps_elsewhere_do_not_count():
    picture = ramp(1)
    picture[:, 5:8] = 99
    assert seams(picture, COLUMNS) == 1


def test_a_seam_between_flat_tiles_has_no_measure():
    picture = np.zeros((56, 56, 3), np.uint8)
    picture[:, 24:] = 9
    assert seams(picture, COLUMNS) == float("inf")
