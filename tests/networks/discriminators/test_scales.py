"""The discriminators at several scales against the sources' numbers, and against plain operations."""

from itertools import pairwise

import by_hand
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.data.labels import CMP
from pix2pix.networks.discriminators.scales import discriminator


def counted(channels, widths, bias):
    """Kernels of 4x4 and biases of one scale; with spectral norm only the first and the last layer have a bias."""
    sizes = [channels, *widths, 1]
    kernels = sum(16 * a * b for a, b in pairwise(sizes))
    return kernels + widths[0] + 1 + (sum(widths[1:]) if bias else 0)


@pytest.mark.parametrize(("spectral_norm", "number"), [(False, 5_554_050), (True, 5_552_258)])
def test_the_parameters_of_the_full_networks(spectral_norm, number):
    """Counted by hand, for label maps of the 12 classes of façades; both sources have two scales of this form."""
    found = by_hand.parameters(lambda: discriminator(classes=CMP, spectral_norm=spectral_norm))
    assert found == number == 2 * counted(12 + 3, [64, 128, 256, 512], not spectral_norm)


def test_the_maps_of_each_block_and_the_logits():
    shapes = [[tuple(maps.shape[1:]) for maps in scale] for scale in discriminator(filters=1).output.values()]
    assert shapes[0] == [(129, 129, 1), (65, 65, 2), (33, 33, 4), (34, 34, 8), (35, 35, 1)]
    assert shapes[1] == [(65, 65, 1), (33, 33, 2), (17, 17, 4), (18, 18, 8), (19, 19, 1)]


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_it_is_the_network_of_the_sources(spectral_norm):
    """With spectral norm, as SPADE has it, it reads instance maps, too."""
    options = {"classes": CMP, "spectral_norm": spectral_norm, "instances": spectral_norm}
    model = discriminator((32, 64), filters=2, scales=3, **options)
    by_hand.settle(model)
    label_map, picture = np.random.default_rng(0).integers(0, 256, (2, 2, 32, 64, 3)).astype(np.float32) / 127.5 - 1
    ids, planes = np.random.default_rng(1).integers(0, 2, (2, 32, 64)), by_hand.one_hot(label_map, CMP)
    given = [label_map, picture]
    if spectral_norm:
        given.insert(1, (ids[..., None] / 32767.5 - 1).astype(np.float32))
        planes = tf.concat([planes, by_hand.edges(ids)], -1)
    expected = by_hand.judged(by_hand.taken(model), planes, tf.constant(picture), spectral_norm, scales=3)
    for scale, others in zip(model(given).values(), expected, strict=True):
        for maps, other in zip(scale, others, strict=True):
            np.testing.assert_allclose(maps, other, rtol=1e-3, atol=2e-4)
