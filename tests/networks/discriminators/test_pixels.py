"""OASIS' discriminator: its parameters, counted by hand, and its form against plain operations."""

import by_hand
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.networks.discriminators.pixels import discriminator

# The channels that come into a block and out of it, from the authors' table for six blocks each way.
DOWN = [(3, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
UP = [(512, 512), (1024, 256), (512, 256), (512, 128), (256, 128), (256, 64)]


def counted(given, made):
    """Two 3x3 convolutions and, for another number of channels, one of 1x1; all with a bias."""
    return 9 * (given + made) * made + 2 * made + ((given + 1) * made if given != made else 0)


def test_the_parameters_of_the_full_network():
    """For Cityscapes, of 35 classes: 36 logits a pixel."""
    found = by_hand.parameters(lambda: discriminator((256, 512), classes=35))
    assert found == sum(counted(*each) for each in DOWN + UP) + 65 * 36 == 22_251_364


@pytest.mark.parametrize("size", [(64, 64), (32, 96)])
def test_it_is_the_network_of_the_source(size):
    model = discriminator(size, filters=4, classes=3)
    by_hand.settle(model)
    picture = np.random.default_rng(0).uniform(-1, 1, (2, *size, 3)).astype(np.float32)
    expected = by_hand.segmenting(by_hand.taken(model), tf.constant(picture), blocks=5 if size[0] == 32 else 6)
    np.testing.assert_allclose(model(picture), expected, rtol=1e-3, atol=1e-4)
