"""The Inception network of FID with random weights, against Keras' own Inception-v3."""

import numpy as np
import pytest
import random_inception
from tiny import noise

from pix2pix.base.errors import DataError
from pix2pix.evaluation.features import Inception, resized
from pix2pix.networks import inception

# Keras' smallest is 75. Here the maps of the last blocks are 2x2, so all their pools see the border.
SIDE = 107


@pytest.fixture(scope="module")
def reference():
    return random_inception.model()


@pytest.fixture(scope="module")
def tensors(reference):
    return random_inception.state(reference)


@pytest.fixture(scope="module")
def file(tensors, tmp_path_factory):
    return random_inception.written(tmp_path_factory.mktemp("weights") / "inception.pth", tensors)


def same(found, expected):
    assert found.shape == expected.shape == (len(found), 2048)
    assert (expected > 0).mean() > 0.4, "most features speak"
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * expected.max())


def test_it_is_keras_network_but_for_the_last_pool(reference, tensors):
    pictures = np.random.default_rng(1).integers(0, 256, (2, SIDE, SIDE, 3)).astype(np.float32)
    found, expected = inception.network(tensors)(pictures), reference(pictures / 127.5 - 1, training=False)
    same(found.numpy(), expected.numpy())


@pytest.mark.slow
def test_a_file_of_weights_sees_pictures_as_they_are_shown(reference, file):
    colour, grey = noise(48, 64), noise(32)[..., :1]
    seen = Inception(*file).means([colour, colour.astype(np.uint16) * 257, grey])
    shown = np.stack([resized(each, 299) for each in (colour, colour, grey.repeat(3, axis=2))])
    same(seen, reference(shown / 127.5 - 1, training=False).numpy())


def test_a_file_of_another_hash_is_refused(file):
    path, sha256 = file
    with pytest.raises(DataError) as error:
        inception.load(path, 64 * "0")
    assert str(error.value) == (
        f"{path}: its SHA-256 is {sha256}, but evaluate.inception_sha256 is {64 * '0'}; name the file with this hash, "
        "or set the hash of this file"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fc.weight": np.zeros((1000, 2048), np.float32)}, "whose `fc.weight` has 1008x2048 values"),
        ({"fc.weight": None}, "whose `fc.weight` has 1008x2048 values"),
        ({"Mixed_6b.branch7x7_2.bn.running_var": None}, "Mixed_6b.branch7x7_2.bn.running_var"),
        ({"Mixed_7c.branch_pool.conv.weight": np.zeros((192, 2047, 1, 1), np.float32)}, "2047"),
    ],
)
def test_the_tensors_of_another_network_are_refused(monkeypatch, tmp_path, tensors, change, words):
    """Weights of torchvision have the same names; they give other features, and another distance."""
    changed = {name: each for name, each in (tensors | change).items() if each is not None}
    monkeypatch.setattr(inception.torch_file, "read", lambda _: changed)
    monkeypatch.setattr(inception, "sha256", lambda _: "hash")
    with pytest.raises(DataError, match=r"inception\.pth: not the Inception network of FID") as error:
        inception.load(tmp_path / "inception.pth", "hash")
    assert words in str(error.value) and "\n" not in str(error.value)
