import numpy as np
import pytest

from pix2pix.evaluation.colour import BINS, histograms, intersections

WHITE, GREY, BLACK, RED = (255, 255, 255), (119, 119, 119), (0, 0, 0), (255, 0, 0)


def picture(*colours):
    """A picture with as many pixels of each colour."""
    return np.array(colours, np.uint8)[:, None, :].repeat(4, axis=1)


def bins_of(colour):
    found = histograms(picture(colour))
    assert found.shape == (3, BINS) and (found.max(axis=1) == 4).all() and (found.sum(axis=1) == 4).all()
    return (found.argmax(axis=1) - 128).tolist()


def test_colours_fall_where_cielab_has_them():
    assert bins_of(BLACK) == [0, 0, 0]
    assert bins_of(WHITE) == [100, 0, 0]
    assert bins_of(GREY) == [50, 0, 0]
    assert bins_of(RED) == [53, 80, 67]
    assert bins_of((0, 0, 255)) == [32, 79, -108]
    assert bins_of((0, 255, 0)) == [88, -86, 83]


def shared(real, generated):
    return intersections(np.stack([histograms(real), histograms(generated)]))


def test_the_shared_area_by_hand():
    real, generated = picture(BLACK, BLACK, WHITE, RED), picture(BLACK, WHITE, WHITE, GREY)
    found = shared(real, generated)
    assert found == pytest.approx({"lab_l": 1 / 4 + 1 / 4, "lab_a": 3 / 4, "lab_b": 3 / 4})
    assert shared(generated, real) == found
    assert shared(real, real[::-1]) == pytest.approx(dict.fromkeys(found, 1))
    assert shared(picture(BLACK), picture(WHITE)) == {"lab_l": 0, "lab_a": 1, "lab_b": 1}
    assert all(type(value) is float for value in found.values())


def test_pictures_of_other_sizes_count_by_their_shares():
    assert shared(picture(BLACK, WHITE), picture(BLACK, WHITE, BLACK, WHITE)) == pytest.approx(
        {"lab_l": 1, "lab_a": 1, "lab_b": 1}
    )


def test_a_split_shares_at_least_what_its_pictures_do():
    random = np.random.default_rng(0)
    pairs = random.integers(0, 256, (6, 2, 8, 8, 3), dtype=np.uint8)
    both = np.array([[histograms(picture) for picture in pair] for pair in pairs])
    for channel, value in intersections(both.sum(axis=0)).items():
        assert value > np.mean([intersections(each)[channel] for each in both])
