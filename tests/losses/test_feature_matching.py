import numpy as np
import pytest
import tensorflow as tf

from pix2pix.losses.feature_matching import feature_matching

RANDOM = np.random.default_rng(0)


def maps(*shapes):
    return [tf.constant(RANDOM.normal(size=shape), tf.float32) for shape in shapes]


def test_layers_add_up_and_scales_are_averaged():
    """pix2pixHD's code: 1/scales for each scale, and 4 / (layers + 1) = 1 for each of its four layers."""
    real, generated = ([maps((1, 4, 4, 2), (1, 2, 2, 3)), maps((1, 2, 2, 2), (1, 1, 1, 3))] for _ in range(2))
    by_hand = sum(
        np.abs(a.numpy() - b.numpy()).mean()
        for one, other in zip(real, generated, strict=True)
        for a, b in zip(one, other, strict=True)
    )
    assert float(feature_matching(real, generated)) == pytest.approx(by_hand / 2)


def test_only_the_generated_pictures_are_moved():
    real, generated = maps((1, 2, 2, 1)), maps((1, 2, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch([*real, *generated])
        distance = feature_matching([real], [generated])
    towards_real, towards_generated = tape.gradient(distance, [real[0], generated[0]])
    assert towards_real is None and np.abs(towards_generated).sum() == pytest.approx(1)
