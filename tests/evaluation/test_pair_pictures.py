import numpy as np

from pix2pix.base.pictures import GAP, load_rgb
from pix2pix.evaluation import pair_pictures


def flat(value):
    return np.full((8, 8, 3), value, np.uint8)


def test_pictures_are_written_and_read(tmp_path):
    pair_pictures.save(tmp_path, "val/12", {"input": flat(1), "generated": flat(2), "real": flat(3)})
    pair_pictures.save(tmp_path, "val/12", {"nearest": flat(4)})
    kinds = ("input", "generated", "real", "error", "nearest")
    assert {path.name for path in tmp_path.iterdir()} == {f"val-12-{kind}.png" for kind in kinds}
    np.testing.assert_array_equal(load_rgb(tmp_path / "val-12-real.png"), flat(3))
    np.testing.assert_array_equal(pair_pictures.load(tmp_path, "val/12", "nearest"), flat(4))


def test_a_row_has_the_kinds_in_their_order(tmp_path):
    pair_pictures.save(tmp_path, "a", {"nearest": flat(4), "input": flat(1)})
    row = pair_pictures.row(tmp_path, "a")
    assert row.shape == (8 + 2 * GAP, 2 * (8 + GAP) + GAP, 3)
    assert (row[GAP, GAP, 0], row[GAP, 8 + 2 * GAP, 0]) == (1, 4)


def test_an_error_map_is_brighter_where_the_error_is_larger():
    real, generated = flat(100), flat(100)
    generated[0, :4], generated[0, 4:], generated[1] = 110, 90, 200
    brightness = pair_pictures.error_map(real, generated).astype(int).sum(axis=2)
    assert (brightness[0] == brightness[0, 0]).all()  # too bright or too dark is the same error
    assert (brightness[2:] < 10).all()
    assert brightness[2, 0] < brightness[0, 0] < brightness[1, 0]


def test_an_error_map_is_brightest_from_half_the_range_on():
    real, generated = flat(0), flat(0)
    generated[0], generated[1], generated[2] = 255, 128, 100
    colours = pair_pictures.error_map(real, generated)[:, 0].astype(int)
    np.testing.assert_array_equal(colours[0], colours[1])
    assert colours[2].sum() < colours[1].sum()
