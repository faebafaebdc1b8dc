"""The Inception network of FID with random weights, against Keras' own Inception-v3."""

import numpy as np
import pytest
import random_inception

from pix2pix.base.errors import DataError
from pix2pix.networks import inception

# Keras' smallest is 75; with this one the maps of the last blocks are 2x2, and all their pools see the border.
SIDE = 107
PICTURES = np.random.default_rng(1).integers(0, 256, (2, SIDE, SIDE, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def reference():
    return random_inception.model(SIDE)


@pytest.fixture(scope="module")
def tensors(reference):
    return random_inception.state(reference)


def test_it_is_keras_network_but_for_the_last_pool(reference, tensors):
    found = inception.network(tensors)(PICTURES).numpy()
    expected = reference(PICTURES / 127.5 - 1, training=False).numpy()
    assert found.shape == (2, 2048) and np.isfinite(found).all()
    assert (expected > 0).mean() > 0.4 and expected.std() > 0.01 * expected.max()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * expected.max())
