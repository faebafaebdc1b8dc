import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.networks.layers.normalisation import Norm

# Maps of several pixels, and the bottleneck's single one.
SHAPES = [(2, 4, 6, 5), (1, 8, 8, 3), (1, 1, 1, 4)]


def both(shape, dtype="float32"):
    """Our layer and Keras' with the same weights, and maps for them, far from mean 0 and variance 1."""
    random = np.random.default_rng(0)
    maps = tf.constant(random.normal(3, 2, shape), tf.float32)
    ours, theirs = Norm(epsilon=1e-3, dtype=dtype), layers.BatchNormalization(epsilon=1e-3, dtype=dtype)
    weights = [random.normal(1, 0.5, shape[-1]) for _ in range(3)] + [random.uniform(1, 2, shape[-1])]
    for layer in (ours, theirs):
        layer.build(shape)
        layer.set_weights(weights)
    return ours, theirs, maps


@pytest.mark.parametrize("shape", SHAPES)
def test_it_learns_as_keras_layer(shape):
    found = []
    ours, theirs, maps = both(shape)
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch(maps)
            answer = layer(maps, training=True)
            loss = tf.reduce_sum(tf.sin(answer))
        gradients = tape.gradient(loss, [maps, layer.gamma.value, layer.beta.value])
        found.append([answer, *gradients, *layer.get_weights()])
    for our, their in zip(*found, strict=True):
        np.testing.assert_allclose(our, their, atol=1e-5, rtol=1e-4)


def test_its_averages_are_of_the_pixels_themselves():
    layer = Norm(momentum=0.75)
    layer.build((1, 1, 4, 1))
    layer(tf.reshape([1.0, 2.0, 3.0, 6.0], (1, 1, 4, 1)), training=True)
    # Mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5; they count a quarter beside the first averages, 0 and 1.
    np.testing.assert_allclose(layer.moving_mean, [0.75])
    np.testing.assert_allclose(layer.moving_variance, [0.75 + 3.5 / 4])


@pytest.mark.parametrize("trainable", [True, False])
def test_in_use_it_takes_the_averages_and_keeps_them(trainable):
    ours, theirs, maps = both((2, 3, 3, 4))
    ours.trainable = theirs.trainable = trainable
    before = ours.get_weights()
    # Frozen layers do so whatever they are told.
    np.testing.assert_allclose(ours(maps, training=not trainable), theirs(maps, training=not trainable), atol=1e-6)
    np.testing.assert_array_equal(np.concatenate(before), np.concatenate(ours.get_weights()))


def test_in_bfloat16_its_statistics_are_float32():
    ours, theirs, maps = both((1, 16, 16, 3), "mixed_bfloat16")
    maps = tf.cast(maps + 100, tf.bfloat16)  # near 100 bfloat16 knows halves only
    answers = [layer(maps, training=True) for layer in (ours, theirs)]
    assert answers[0].dtype == tf.bfloat16
    np.testing.assert_allclose(*(tf.cast(answer, tf.float32) for answer in answers), atol=0.03)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-5)
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-3)
