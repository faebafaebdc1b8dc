"""Measures of two sets of pictures, against the authors' code written out in NumPy, and by hand."""

import numpy as np
import pytest
from scipy import ndimage, stats

from pix2pix.evaluation import resemblance
from pix2pix.evaluation.intervals import jackknifed
from pix2pix.evaluation.pyramid import laplacian
from pix2pix.evaluation.resemblance import apart, spread, spread_of, swd, swds

FILTER = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def pictures(count, size=32, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, channels), np.uint8)


def smooth(count, seed=0):
    noise = np.random.default_rng(seed).normal(128, 300, (count, 32, 32, 1))
    return np.clip(ndimage.gaussian_filter(noise, (0, 3, 3, 0)), 0, 255).astype(np.uint8)


def down(picture):
    """`pyr_down` of PGGAN's code, for one channel."""
    return ndimage.convolve(picture, FILTER, mode="mirror")[::2, ::2]


def up(picture):
    wide = np.zeros([2 * side for side in picture.shape])
    wide[::2, ::2] = picture
    return ndimage.convolve(wide, FILTER * 4, mode="mirror")


def test_the_pyramid_is_that_of_the_authors():
    (picture,) = pictures(1, 64)
    fine, middle, coarse = laplacian(picture[None].astype(np.float32))
    first = picture[..., 0].astype(float)
    second = down(first)
    third = down(second)
    np.testing.assert_allclose(fine[0, ..., 0], first - up(second), atol=1e-3)
    np.testing.assert_allclose(middle[0, ..., 0], second - up(third), atol=1e-3)
    np.testing.assert_allclose(coarse[0, ..., 0], third, atol=1e-3)


def authors(real, made):
    """`sliced_wasserstein` and its descriptors in PGGAN's code, patch by patch, at the same places and directions."""
    distances = []
    pyramids = (laplacian(each.astype(np.float32)) for each in (real, made))
    for level, both in enumerate(zip(*pyramids, strict=True)):
        rows, columns = resemblance.places(len(real), both[0].shape[1:3], level)
        projected = []
        for each in both:
            patches = np.array(
                [
                    each[number, top : top + 7, left : left + 7]
                    for number in range(len(each))
                    for top, left in zip(rows[number], columns[number], strict=True)
                ],
                np.float64,
            )
            patches -= patches.mean(axis=(0, 1, 2), keepdims=True)
            patches /= patches.std(axis=(0, 1, 2), keepdims=True)
            slopes = resemblance.directions(49 * each.shape[-1], level)
            projected.append(np.sort(patches.reshape(len(patches), -1) @ slopes, axis=0))
        distances.append(np.abs(projected[0] - projected[1]).mean())
    return np.mean(distances) * 1000


@pytest.mark.parametrize("channels", [1, 3])
def test_the_distance_is_that_of_the_authors(channels):
    real, made = pictures(3, channels=channels), pictures(3, channels=channels, seed=1)
    made[:, 8:16] = 0
    assert swd(real, made) == pytest.approx(authors(real, made), rel=1e-4)


def test_directions_are_unit_vectors():
    np.testing.assert_allclose(np.linalg.norm(resemblance.directions(49, 0), axis=0), 1, rtol=1e-5)


def test_equal_sets_have_no_distance_and_other_pictures_have_more():
    real = smooth(8)
    assert swd(real, real) == 0
    assert swd(real, smooth(8, seed=1)) < swd(real, pictures(8)) / 2
    assert np.isfinite(swd(real, np.full_like(real, 7)))  # a set of one colour


def test_parts_are_measured_as_they_are():
    real, made = smooth(6), pictures(6)
    whole, half = swds(real, made, [np.arange(6), np.arange(3)])
    assert whole == pytest.approx(swd(real, made))
    assert half != whole


def test_the_spread_is_one_of_real_pictures_and_nothing_of_a_single_one():
    real = np.stack([np.full((32, 32, 1), value, np.uint8) for value in (0, 10, 40)])
    np.testing.assert_array_equal(apart(real), [[0, 10, 40], [10, 0, 30], [40, 30, 0]])
    assert spread(real, real) == 1
    assert spread(real, real // 2) == 0.5
    assert spread(real, np.repeat(real[:1], 3, axis=0)) == 0
    assert spread_of(apart(real), apart(real), np.array([0, 1])) == 1


def test_leaving_out_single_images_is_the_interval_of_a_mean():
    values = np.array([1.0, 3.0, 4.0, 7.0, 9.0, 10.0])
    found = jackknifed(6, lambda parts: [{"mean": float(values[part].mean())} for part in parts])
    low, high = stats.t.interval(0.95, 5, values.mean(), stats.sem(values))
    assert found == pytest.approx({"mean": values.mean(), "mean_low": low, "mean_high": high})
    assert jackknifed(4, lambda parts: [{"mean": 1.0} for _ in parts]) == {"mean": 1.0}
