"""The distances between real façades, and how they grow as photos get worse."""

import pytest
from conftest import CHECKOUT

from bench.distances import WORSE, photos
from pix2pix.evaluation import distances
from pix2pix.evaluation.features import FeatureNetwork

REAL = CHECKOUT.parent / "shared/data/facades.tar.gz"
NUMBER = 30
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.exists(), reason="shared/data/facades.tar.gz is not beside this checkout"),
]


@pytest.fixture(scope="module")
def scores():
    """What sets of photos score beside those of val."""
    network = FeatureNetwork()
    real = network.means(photos(REAL, "val", NUMBER))
    return lambda made: distances.scores(real, network.means(made))


@pytest.fixture(scope="module")
def training():
    return photos(REAL, "train", NUMBER)


@pytest.fixture(scope="module")
def clean(scores, training):
    return scores(training)


@pytest.mark.parametrize("worse", WORSE)
def test_worse_photos_are_farther(scores, training, clean, worse):
    found = [clean, *(scores([worse(photo, level) for photo in training]) for level in WORSE[worse])]
    for name, order in (("frechet_distance", 1), ("kernel_distance", 1), ("coverage", -1)):
        values = [order * each[name] for each in found]
        assert values == sorted(values), name
    assert found[-1]["kernel_distance"] > 20 * clean["kernel_distance"]
    assert found[-1]["frechet_distance_low"] > 1.5 * clean["frechet_distance_high"]
    assert found[-1]["precision"] < 0.2 < clean["precision"]


def test_real_photos_are_as_near_as_real_ones_can_be(clean):
    """Both are photos of façades: the interval of the unbiased distance has 0 in it."""
    assert clean["kernel_distance_low"] < 0 < clean["kernel_distance_high"]
    assert clean["coverage"] > 0.8
