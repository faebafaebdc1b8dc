"""The same network stands in `efficientnet_lite0`, written without Keras' layers: both have to see the same."""

import keras
import numpy as np
import pytest

from pix2pix.networks import efficientnet_lite0, lite0_backbone
from pix2pix.networks.blocks import Style

# The constants of `efficientnet_lite0`, whose pictures are 0 to 255.
MIDDLE, HALF = 127.0, 128.0


@pytest.fixture(scope="module")
def model():
    photo = keras.Input((None, None, 3))
    model = keras.Model(photo, lite0_backbone.maps(photo, Style(0)))
    lite0_backbone.transplant(model)
    return model


def test_it_sees_what_the_trained_network_sees(model):
    picture = np.random.default_rng(0).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    last = model((picture - MIDDLE) / HALF, training=False)[32].numpy()
    trained = efficientnet_lite0.weights()
    head = last @ trained["_conv_head.weight"][:, :, 0, 0].T
    gamma, beta, mean, variance = (
        trained[f"_bn1.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    seen = np.clip((head - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0, 6).mean(axis=(1, 2))
    np.testing.assert_allclose(seen, efficientnet_lite0.load()(picture).features, rtol=1e-3, atol=1e-3)


def test_maps_of_each_depth(model):
    shapes = {depth: each.shape[1:] for depth, each in model(np.zeros((1, 64, 96, 3)), training=False).items()}
    assert shapes == {2: (32, 48, 16), 4: (16, 24, 24), 8: (8, 12, 40), 16: (4, 6, 112), 32: (2, 3, 320)}


def test_all_its_weights_are_the_trained_ones(model):
    """All of the package's but the head and the classes; each was 0 or drawn before."""
    trained = efficientnet_lite0.weights()
    kept = {name for name in trained if name.startswith(("_conv_stem", "_bn0", "_blocks")) and "tracked" not in name}
    assert sum(trained[name].size for name in kept) == model.count_params()
    sums = sorted(float(np.abs(trained[name]).sum(dtype=np.float64)) for name in kept)
    np.testing.assert_allclose(sorted(float(np.abs(each).sum(dtype=np.float64)) for each in model.get_weights()), sums)
