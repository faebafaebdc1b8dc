"""DiffAugment against a loop over pixels."""

import numpy as np
import pytest
import tensorflow as tf

from pix2pix.losses.diff_augment import diff_augment
from pix2pix.training.draw import Draw

COUNT, HEIGHT, WIDTH = 40, 16, 24
RANDOM = np.random.default_rng(0)
PICTURE = RANDOM.uniform(0.1, 1, (COUNT, HEIGHT, WIDTH, 3)).astype(np.float32)
CONDITION = RANDOM.uniform(0.1, 1, (COUNT, HEIGHT, WIDTH, 2)).astype(np.float32)


def augmented(*kinds, step=0, pictures=(PICTURE, CONDITION)):
    draw = Draw(1, tf.constant(step, tf.int64))
    return [each.numpy() for each in diff_augment([tf.constant(each) for each in pictures], kinds, draw, "test")]


def moved(values, down, right):
    """Move one example, with zeros where nothing came from."""
    result = np.zeros_like(values)
    for row, column in np.ndindex(values.shape[:2]):
        if 0 <= row - down < HEIGHT and 0 <= column - right < WIDTH:
            result[row, column] = values[row - down, column - right]
    return result


def shift(before, after):
    """The shifts (down, right) that explain what happened to an example."""
    return [
        (down, right)
        for down in range(-HEIGHT, HEIGHT)
        for right in range(-WIDTH, WIDTH)
        if after.any() and np.array_equal(moved(before, down, right), after)
    ]


def test_translation_moves_both_halves_together_by_up_to_an_eighth():
    picture, condition = augmented("translation")
    found = [shift(PICTURE[n], picture[n]) for n in range(8)]
    assert all(len(each) == 1 for each in found)
    assert [shift(CONDITION[n], condition[n]) for n in range(8)] == found
    assert len({each[0] for each in found}) > 4
    # Every shift of up to 1/8 comes: 2 of 16 pixels, 3 of 24.
    columns = np.tile(np.arange(1, WIDTH + 1, dtype=np.float32)[None, None, :, None], (400, HEIGHT, 1, 1))
    rows = np.tile(np.arange(1, HEIGHT + 1, dtype=np.float32)[None, :, None, None], (400, 1, WIDTH, 1))
    (down,), (right,) = (augmented("translation", pictures=[each]) for each in (rows, columns))
    assert {int(9 - each) for each in down[:, 8, 12, 0]} == {-2, -1, 0, 1, 2}
    assert {int(13 - each) for each in right[:, 8, 12, 0]} == {-3, -2, -1, 0, 1, 2, 3}


def test_cutout_is_one_rectangle_of_half_a_side_in_both_halves():
    picture, condition = augmented("cutout")
    sides = set()
    for n in range(COUNT):
        gone = np.all(picture[n] == 0, axis=-1)
        assert np.array_equal(gone, np.all(condition[n] == 0, axis=-1))
        assert np.array_equal(picture[n][~gone], PICTURE[n][~gone])
        rows, columns = np.flatnonzero(gone.any(1)), np.flatnonzero(gone.any(0))
        assert np.array_equal(gone, np.outer(gone.any(1), gone.any(0)))
        assert np.array_equal(rows, np.arange(rows[0], rows[-1] + 1))
        sides.add((len(rows), len(columns)))
        # A smaller one lies at an edge.
        assert len(rows) == 8 or rows[0] == 0 or rows[-1] == HEIGHT - 1
        assert len(columns) == 12 or columns[0] == 0 or columns[-1] == WIDTH - 1
    assert max(sides)[0] == 8 and max(columns for _, columns in sides) == 12 and len(sides) > 4


def test_colours_change_as_in_the_authors_code_and_the_condition_keeps_its_own():
    picture, condition = augmented("colour")
    assert np.array_equal(condition, CONDITION)
    draw = Draw(1, tf.constant(0, tf.int64))
    brightness, saturation, contrast = (
        draw.uniform(f"test {name}", [COUNT, 1, 1, 1]).numpy() for name in ("brightness", "saturation", "contrast")
    )
    expected = PICTURE + (brightness - 0.5)
    grey = expected.mean(3, keepdims=True)
    expected = (expected - grey) * (2 * saturation) + grey
    mean = expected.mean((1, 2, 3), keepdims=True)
    expected = (expected - mean) * (contrast + 0.5) + mean
    np.testing.assert_allclose(picture, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kinds", [("colour",), ("translation",), ("cutout",), ("colour", "translation", "cutout")])
def test_it_has_a_gradient(kinds):
    """Its derivative in a direction, by differences; all changes are affine, so they are exact but for rounding."""
    picture, way = (tf.constant(RANDOM.normal(0, 1, (2, 8, 8, 3)), tf.float32) for _ in range(2))
    weights = tf.constant(RANDOM.normal(0, 1, (2, 8, 8, 3)), tf.float32)

    def value(picture):
        (seen,) = diff_augment([picture], kinds, Draw(1, tf.constant(3, tf.int64)), "test")
        return tf.reduce_sum(weights * seen)

    with tf.GradientTape() as tape:
        tape.watch(picture)
        found = value(picture)
    slope = tf.reduce_sum(tape.gradient(found, picture) * way)
    assert float(slope) == pytest.approx(float(value(picture + way) - value(picture)), rel=1e-3, abs=1e-3)
    assert float(slope) != 0


def test_what_is_drawn_follows_from_the_step():
    first, again, other = (augmented("colour", "translation", "cutout", step=step)[0] for step in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
