import made_examples
import numpy as np
import pytest

from pix2pix.data.augmentation import Augmentation, Draw

TASK = made_examples.task(size=(32, 48))
NOTHING = Draw(0, 1, 1, 1, 1, 0, 0)


def noise(height=32, width=48, dtype=np.uint8):
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max + 1, (height, width, 3), dtype)


def example():
    return {"input": noise(), "target": noise()[::-1].copy()}


def test_without_any_of_it_examples_are_the_same():
    given = example()
    augment = Augmentation(TASK)
    for draw in augment.places(5, seed=1, epoch=2):
        assert draw[:5] == NOTHING[:5]
        assert all(value is given[name] for name, value in augment(given, draw).items())


def test_draws_depend_on_seed_epoch_and_position_only_and_stay_in_their_bounds():
    augment = Augmentation(TASK, rotation=30, zoom=2, colour=0.25, cutout=0.5)
    draws = np.array(augment.places(2000, seed=1, epoch=2))
    assert (draws[:7] == np.array(augment.places(7, seed=1, epoch=2))).all()
    assert not (draws[:7] == np.array(augment.places(7, seed=1, epoch=3))).any()
    low = [-np.pi / 6, 0.5, 0.75, 0.75, 0.75, 0, 0]
    high = [np.pi / 6, 2, 1.25, 1.25, 1.25, 1, 1]
    assert (draws >= low).all() and (draws <= high).all()
    span = np.subtract(high, low)
    assert (draws.min(axis=0) < low + 0.02 * span).all() and (draws.max(axis=0) > high - 0.02 * span).all()


@pytest.mark.parametrize("name", ["input", "target"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_right_angle_is_exact(name, dtype):
    square = noise(32, 32, dtype)
    task = made_examples.task(size=(32, 32))
    moved = Augmentation(task, rotation=90)({"input": square, "target": square}, NOTHING._replace(angle=np.pi / 2))
    np.testing.assert_array_equal(moved[name], np.rot90(square))


def test_enlarging_keeps_the_middle_and_label_maps_take_the_nearest_pixel():
    ramp = np.repeat(np.arange(48, dtype=np.uint8)[None, :, None] * 4, 32, axis=0).repeat(3, axis=2)
    given = {"input": ramp, "target": ramp}
    moved = Augmentation(TASK, zoom=2)(given, NOTHING._replace(zoom=2))
    places = 23.5 + (np.arange(48) - 23.5) / 2  # where each pixel of the enlarged picture lies in the old one
    np.testing.assert_array_equal(moved["target"][5, :, 0], np.rint(4 * places))
    assert set(np.unique(moved["input"])) <= set(np.unique(ramp))
    assert np.abs(moved["input"][5, :, 0] / 4 - places).max() <= 0.5


def test_outside_a_picture_goes_on_as_in_a_mirror():
    row = np.arange(47, dtype=np.uint8)[None, :, None].repeat(31, axis=0).repeat(3, axis=2)
    task = made_examples.task(size=(31, 47))
    moved = Augmentation(task, zoom=2)({"input": row, "target": row}, NOTHING._replace(zoom=0.5))["input"]
    places = 23 + 2 * (np.arange(47) - 23)  # from -23 to 69; the row has 0 to 46
    np.testing.assert_array_equal(
        moved[4, :, 0], np.where(places < 0, -places, np.where(places > 46, 92 - places, places))
    )


def test_colours_change_in_pictures_only_and_as_computed_by_hand():
    given = example()
    changed = Augmentation(TASK, colour=0.5)(given, NOTHING._replace(brightness=0.5, contrast=1.5, saturation=0))
    np.testing.assert_array_equal(changed["input"], given["input"])
    half = given["target"] / 2
    contrast = half.mean() + 1.5 * (half - half.mean())
    grey = contrast[..., 0] * 0.299 + contrast[..., 1] * 0.587 + contrast[..., 2] * 0.114
    expected = np.clip(np.rint(grey), 0, 255)
    for channel in range(3):
        np.testing.assert_allclose(changed["target"][..., channel], expected, atol=1e-9)


def test_a_square_is_cut_out_of_the_input_only():
    given = {"input": noise() | 1, "target": noise()}
    for top, left, row, column in ((0, 0, 0, 0), (0.999, 0.999, 16, 32), (0.5, 0.5, 8, 16)):
        cut = Augmentation(TASK, cutout=0.5)(given, NOTHING._replace(top=top, left=left))
        expected = given["input"].copy()
        expected[row : row + 16, column : column + 16] = 0
        np.testing.assert_array_equal(cut["input"], expected)
        assert cut["target"] is given["target"]
    assert given["input"].min() == 1, "the records are not written to"
