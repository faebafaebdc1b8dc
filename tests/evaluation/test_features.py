"""What the network sees in pictures, against formulas written out here."""

from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from bench.distances import WORSE
from pix2pix.evaluation import diversity
from pix2pix.evaluation.features import FeatureNetwork, distance, resized
from pix2pix.networks import efficientnet_lite0

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.integers(0, 256, (64, 48, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def network():
    return FeatureNetwork()


@pytest.fixture(scope="module")
def cat():
    picture = Image.open(Path(skimage.__file__).parent / "data/chelsea.png").convert("RGB")
    return np.asarray(picture.crop((75, 0, 375, 300)).resize((128, 128)))


def test_resizing_smooths_and_does_not_round():
    """White noise that is made smaller by 8 is averaged over 64 pixels and more, so it loses most of its spread."""
    large = RANDOM.integers(0, 256, (224 * 8, 224 * 8, 3), dtype=np.uint8)
    small = resized(large, 224)
    assert small.shape == (224, 224, 3) and small.dtype == np.float32
    assert small.mean() == pytest.approx(large.mean(), abs=0.1)
    assert small.std() < large.std() / 6
    assert (small % 1 != 0).mean() > 0.9


def test_resizing_keeps_to_the_range_and_to_each_channel():
    """A bicubic filter overshoots at edges."""
    edge = np.zeros((32, 32, 3), np.uint8)
    edge[:, 16:, 0] = 255
    found = resized(edge, 224)
    assert (found.min(), found.max()) == (0, 255) and not found[..., 1:].any()
    assert found[:, 60, 0].max() < 1 and found[:, 160, 0].min() > 254


def test_the_distance_is_that_of_the_angles_between_channels(network):
    """Of each place of each map 1 - cos, averaged over places, and then over maps."""
    other = RANDOM.integers(0, 256, NOISE.shape, dtype=np.uint8)
    see = efficientnet_lite0.load()
    expected = []
    for one, two in zip(*(see(resized(each, 224)[None]).maps for each in (NOISE, other)), strict=True):
        one, two = one.numpy().astype(np.float64), two.numpy().astype(np.float64)
        lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1)
        assert lengths.min() > 0
        expected.append((1 - (one * two).sum(axis=-1) / lengths).mean())
    found = distance(network(NOISE), network(other))
    assert found == pytest.approx(np.mean(expected), rel=1e-4)
    apart = network.apart([NOISE, other, NOISE])
    np.testing.assert_array_equal(apart, [[0, found, 0], [found, 0, found], [0, found, 0]])
    assert (
        diversity.mean_distances(np.stack([NOISE, other]), diversity.distances(network))["feature_diversity"] == found
    )


def test_a_picture_is_read_as_it_is_shown(network):
    grey = NOISE[..., :1]
    deep = NOISE.astype(np.uint16) * 257
    assert (network(grey).mean == network(grey.repeat(3, axis=2)).mean).all()
    assert (network(deep).places == network(NOISE).places).all()
    np.testing.assert_array_equal(network.means([grey, NOISE]), [network(grey).mean, network(NOISE).mean])


@pytest.mark.parametrize("worse", WORSE)
def test_what_is_worse_is_farther(network, cat, worse):
    own = network(cat)
    apart = [distance(own, network(worse(cat, level))) for level in WORSE[worse]]
    assert apart[0] > 0 and apart == sorted(apart) and apart[-1] > 2 * apart[0]
