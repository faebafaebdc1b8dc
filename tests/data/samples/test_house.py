import numpy as np
import pytest

from pix2pix.data.labels import CMP
from pix2pix.data.samples.house import paint_labels, plan_house
from pix2pix.data.samples.parts import LAYERS, SIZE, Box


def plan(seed, index):
    return plan_house(np.random.default_rng([seed, index, 0]))


@pytest.fixture(scope="module")
def plans():
    return [plan(7, index) for index in range(16)]


@pytest.fixture(scope="module")
def labels(plans):
    """Label maps of the plans: uint8 (16, 256, 256, 3)."""
    return np.stack([paint_labels(house) for house in plans])


def test_a_plan_depends_on_the_generator_only():
    assert plan(7, 0) == plan(7, 0)
    assert plan(7, 0) != plan(7, 1)


def test_parts_are_layered_and_lie_on_whole_pixels_inside_the_picture(plans):
    for house in plans:
        layers = [LAYERS.index(part.kind) for part in house.parts]
        assert layers == sorted(layers)
        for _, box, _ in house.parts:
            assert all(0 <= edge <= SIZE and edge == round(edge) for edge in box)
            assert box.width >= 2 and box.height >= 2


def test_label_maps_hold_palette_colours_only(labels):
    assert labels.dtype == np.uint8
    assert np.array_equal(CMP.paint(CMP.classes(labels)), labels)


@pytest.mark.parametrize("first", [0, 16, 500])
def test_sixteen_houses_show_every_class_in_sensible_shares(first):
    labels = np.stack([paint_labels(plan(11, index)) for index in range(first, first + 16)])
    shares = CMP.shares(CMP.classes(labels))
    named = dict(zip(CMP.names, shares, strict=True))
    assert min(shares) > 0.001, named
    assert 0.25 < named["facade"] < 0.5
    assert 0.1 < named["background"] < 0.4
    assert 0.08 < named["window"] < 0.25
    assert max(share for name, share in named.items() if name not in ("facade", "background", "window")) < 0.12


def test_doors_and_shops_stand_on_the_ground_floor(plans, labels):
    rows = np.arange(SIZE)[None, :, None]
    for name in ("door", "shop"):
        where = CMP.classes(labels) == CMP.names.index(name)
        assert (where * rows).sum() / where.sum() > 190
    for house in plans:
        for part in house.parts:
            if part.kind in ("door", "shop"):
                assert part.box.top >= np.floor(house.ground_floor.top)


def test_boxes_beside_a_box_touch_it():
    box = Box(10, 20, 30, 60)
    assert box.above(5) == (10, 15, 30, 20)
    assert box.below(5) == (10, 60, 30, 65)
    assert box.rim(2) == ((10, 20, 30, 22), (10, 58, 30, 60), (10, 20, 12, 60), (28, 20, 30, 60))
    assert box.part(0.5, 0.25, 1, 0.75) == (20, 30, 30, 50)
    assert Box.about(box.middle, 10, 20, 60) == box


def test_boxes_outside_the_picture_are_cut_to_it():
    assert Box(-4, -0.6, 300, 20.4).snapped() == (0, 0, SIZE, 20)
    assert np.ones((SIZE, SIZE))[Box(-9, -9, -4, -4).slices()].size == 0
