import numpy as np
import pytest

from pix2pix.data.labels import CMP
from pix2pix.data.samples.house import paint_labels, plan_house
from pix2pix.data.samples.rendering import render_photo


@pytest.fixture(scope="module")
def plans():
    return [plan_house(np.random.default_rng([7, index, 0])) for index in range(16)]


@pytest.fixture(scope="module")
def photos(plans):
    """uint8 (16, 256, 256, 3)."""
    return np.stack([render_photo(plan, np.random.default_rng([7, index, 1])) for index, plan in enumerate(plans)])


@pytest.fixture(scope="module")
def classes(plans):
    """uint8 (16, 256, 256)."""
    return CMP.classes(np.stack([paint_labels(plan) for plan in plans]))


def test_a_photo_depends_on_plan_and_generator_only(plans, photos):
    again, otherwise = (render_photo(plans[0], np.random.default_rng([7, index, 1])) for index in (0, 1))
    assert again.dtype == np.uint8
    assert np.array_equal(again, photos[0])
    assert not np.array_equal(otherwise, photos[0])


def test_photos_of_different_houses_differ(photos):
    small = photos.reshape(16, 32, 8, 32, 8, 3).mean(axis=(2, 4))
    distances = np.abs(small[:, None] - small[None]).mean(axis=(2, 3, 4))
    assert distances[~np.eye(16, dtype=bool)].min() > 8


def test_windows_look_unlike_the_wall_and_are_mostly_darker(photos, classes):
    wall, window = (
        np.array([photo[ids == CMP.names.index(name)].mean(axis=0) for photo, ids in zip(photos, classes, strict=True)])
        for name in ("facade", "window")
    )
    assert np.linalg.norm(wall - window, axis=1).mean() > 60
    assert (wall.mean(axis=1) > window.mean(axis=1)).mean() > 0.7


def test_edges_of_the_label_map_are_edges_of_its_own_photo(photos, classes):
    steps = np.abs(np.diff(photos.astype(float).mean(axis=-1), axis=2))
    edges = np.diff(classes.astype(int), axis=2) != 0
    own, foreign = steps[edges].mean(), steps[np.roll(edges, 1, axis=0)].mean()
    assert own > 2 * foreign
