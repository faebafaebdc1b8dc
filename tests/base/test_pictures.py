import numpy as np
import pytest
from PIL import Image as PillowImage

from pix2pix.base import pictures


def test_a_grid_keeps_every_pixel_of_every_picture():
    random = np.random.default_rng(0)
    rows = random.integers(0, 255, (2, 3, 5, 7, 3), dtype=np.uint8)  # 5 high, 7 wide, never white
    grid = pictures.grid(list(rows))
    assert grid.shape == (4 + 2 * 9, 4 + 3 * 11, 3) and grid.dtype == np.uint8
    paper = grid.copy()
    for i in range(2):
        for j in range(3):
            place = np.s_[4 + 9 * i : 9 + 9 * i, 4 + 11 * j : 11 + 11 * j]
            np.testing.assert_array_equal(grid[place], rows[i, j])
            paper[place] = 255
    assert (paper == 255).all()


def test_a_sheet_fills_its_last_row_with_white():
    made = [np.full((5, 7, 1), value, np.uint8) for value in (10, 20, 30)]
    white = np.full((5, 7, 1), 255, np.uint8)
    np.testing.assert_array_equal(pictures.sheet(made, 2), pictures.grid([made[:2], [made[2], white]]))
    np.testing.assert_array_equal(pictures.sheet(made, 8), pictures.grid([made]))


def test_png_loses_nothing_and_is_the_same_bytes_every_time(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    first, second = tmp_path / "new" / "a.png", tmp_path / "b.part"  # the name need not say what it is
    pictures.save_png(first, picture)
    pictures.save_png(second, picture)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"\x89PNG")
    np.testing.assert_array_equal(pictures.load_rgb(first), picture)


@pytest.mark.parametrize(("mode", "colour"), [("L", 7), ("RGBA", (7, 7, 7, 0)), ("P", 7), ("1", 1)])
def test_any_kind_of_picture_is_loaded_as_rgb(tmp_path, mode, colour):
    PillowImage.new(mode, (7, 5), colour).save(tmp_path / "a.png")
    loaded = pictures.load_rgb(tmp_path / "a.png")
    assert loaded.shape == (5, 7, 3) and loaded.dtype == np.uint8
    if mode != "P":
        assert (loaded == (255 if mode == "1" else 7)).all()
