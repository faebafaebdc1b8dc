"""The distances between real façades, and how they grow as photos get worse."""

import io
import tarfile

import numpy as np
import pytest
from conftest import CHECKOUT
from PIL import Image, ImageFilter

from pix2pix.evaluation import distances
from pix2pix.evaluation.features import FeatureNetwork

REAL = CHECKOUT.parent / "shared/data/facades.tar.gz"
NUMBER = 30
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.exists(), reason="shared/data/facades.tar.gz is not beside this checkout"),
]


def photos(split):
    with tarfile.open(REAL) as archive:
        files = [archive.extractfile(f"facades/{split}/{number}.jpg").read() for number in range(1, NUMBER + 1)]
    return [Image.open(io.BytesIO(each)).convert("RGB").crop((0, 0, 256, 256)) for each in files]


def blurred(photo, radius):
    return photo.filter(ImageFilter.GaussianBlur(radius))


def noisy(photo, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, (256, 256, 3))
    return np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)


def compressed(photo, quality):
    stream = io.BytesIO()
    photo.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


@pytest.fixture(scope="module")
def scores():
    """What the training photos score beside those of val, spoilt by this function at each level."""
    network = FeatureNetwork()
    real, training = network.means(map(np.asarray, photos("val"))), photos("train")

    def scored(spoil, *levels):
        sets = [[np.asarray(spoil(photo, level)) for photo in training] for level in levels]
        return [distances.scores(real, network.means(each)) for each in sets]

    return scored


@pytest.fixture(scope="module")
def clean(scores):
    (found,) = scores(lambda photo, _: photo, None)
    return found


@pytest.mark.parametrize(
    ("spoil", "levels"), [(blurred, (1, 2, 4)), (noisy, (15, 40, 80)), (compressed, (30, 10, 3))]
)
def test_worse_photos_are_farther(scores, clean, spoil, levels):
    found = [clean, *scores(spoil, *levels)]
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
