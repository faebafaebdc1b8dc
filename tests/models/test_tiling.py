"""Tiles against NumPy's own indexing, and against generators whose answer to a whole picture is known."""

import tracemalloc

import numpy as np
import pytest

from pix2pix.data.tasks import Field
from pix2pix.models import tiling

TARGET = Field("target", "picture", 32, 64, 2)
LABEL = Field("target", "label map", 32, 64, 2)
SIZES = [(32, 64), (33, 64), (32, 65), (70, 200), (100, 111), (331, 65)]


def noise(height, width, channels=3):
    return np.random.default_rng(height * 1000 + width).integers(0, 256, (height, width, channels), np.uint8)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("target", [TARGET, LABEL])
def test_what_depends_on_single_pixels_comes_out_as_without_tiles(size, target):
    """The network negates the first two channels here."""
    picture, seen = noise(*size), []

    def generator(tile):
        seen.append(tile.shape)
        return 255 - tile[..., :2]

    np.testing.assert_array_equal(tiling.translated(picture, target, generator), 255 - picture[..., :2])
    assert set(seen) == {(32, 64, 3)} and len(seen) == tiling.grid(*size, target).tiles


def test_answers_of_16_bits_keep_them():
    """Also where tiles overlap, and their weights do not add up to 1 exactly."""
    target = Field("target", "picture", 32, 64, 2, 16)
    picture = np.random.default_rng(0).integers(0, 65536, (70, 200, 3), np.uint16)
    answer = tiling.translated(picture, target, lambda tile: 65535 - tile[..., :2])
    np.testing.assert_array_equal(answer, 65535 - picture[..., :2])
    assert answer.dtype == np.uint16


@pytest.mark.parametrize("length", [64, 65, 111, 112, 113, 500, 1000])
def test_tiles_reach_from_edge_to_edge_and_share_a_quarter_at_least(length):
    starts = tiling.grid(32, length, TARGET).lefts
    assert (starts[0], starts[-1]) == (0, length - 64)
    steps = set(np.diff(starts))
    assert all(0 < step <= 48 for step in steps) and len(steps) <= 2, "they lie evenly"
    assert len(starts) == 1 + int(np.ceil((length - 64) / 48)), "and there are no more than needed"


def test_a_side_shorter_than_the_tile_has_one():
    assert tiling.grid(10, 20, TARGET) == tiling.Grid([0], [0], 32, 64)


def test_borders_are_where_tiles_begin_and_end_inside_the_picture():
    places = tiling.Grid([0, 40, 80], [0, 20], 32, 64)
    assert (places.columns, places.rows, places.tiles) == ([40, 64, 80, 104], [20, 32], 6)


def test_in_an_overlap_the_weights_are_linear():
    """Two tiles side by side, one black and one white: a ramp over the columns that they share."""
    tiles = iter([np.zeros((32, 64, 2), np.uint8), np.full((32, 64, 2), 250, np.uint8)])
    answer = tiling.translated(noise(32, 112), TARGET, lambda _: next(tiles))
    assert tiling.grid(32, 112, TARGET).lefts == [0, 48]
    ramp = np.concatenate([np.zeros(48), np.rint(250 * np.arange(1, 17) / 17), np.full(48, 250)])
    np.testing.assert_array_equal(answer, np.broadcast_to(ramp[None, :, None], (32, 112, 2)))


def test_a_label_map_is_never_a_mixture():
    answers = (np.full((32, 64, 2), value, np.uint8) for value in range(1, 255, 7))
    used = tiling.grid(100, 150, LABEL).tiles
    answer = tiling.translated(noise(100, 150), LABEL, lambda _: next(answers))
    assert set(np.unique(answer)) <= set(range(1, 1 + 7 * used, 7)) and len(np.unique(answer)) == used


def test_only_a_row_of_tiles_is_held():
    """What is needed beside the answer does not grow with the height."""

    def beside(height):
        picture = noise(height, 300)
        tracemalloc.start()
        answer = tiling.translated(picture, TARGET, lambda tile: tile[..., :2])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak - answer.nbytes

    assert beside(2000) < beside(200) + 50_000
