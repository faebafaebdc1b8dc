"""Spectral normalisation against NumPy's singular values."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.networks.layers.downconvolution import DownConvolution
from pix2pix.networks.layers.spectral import spectral

RANDOM = np.random.default_rng(0)


def convolution(kind=layers.Conv2D, **options):
    layer = spectral(kind)(5, 4, strides=2, padding="same", use_bias=False, name="conv", **options)
    layer.build((None, 8, 8, 3))
    layer._kernel.assign(RANDOM.normal(0, 1, (4, 4, 3, 5)))
    return layer


PICTURES = tf.constant(RANDOM.normal(0, 1, (2, 8, 8, 3)), tf.float32)


@pytest.mark.parametrize("kind", [layers.Conv2D, DownConvolution])
def test_the_largest_singular_value_becomes_1(kind):
    layer = convolution(kind)
    own = layer._kernel.numpy()
    for _ in range(100):
        outputs = layer(PICTURES, training=True)
    assert np.array_equal(layer._kernel, own)  # what is trained stays
    largest = np.linalg.svd(own.reshape(-1, 5), compute_uv=False)[0]
    np.testing.assert_allclose(layer.kernel, own / largest, rtol=1e-4, atol=1e-6)
    plain = layers.Conv2D(5, 4, strides=2, padding="same", use_bias=False)
    plain.build((None, 8, 8, 3))
    plain.set_weights([own / largest])
    np.testing.assert_allclose(outputs, plain(PICTURES), rtol=1e-3, atol=1e-4)


def test_a_call_in_training_is_one_power_iteration_and_another_call_none():
    layer = convolution()
    matrix, direction = layer._kernel.numpy().reshape(-1, 5), layer.direction.numpy()
    layer(PICTURES)
    assert np.array_equal(layer.direction, direction)
    layer(PICTURES, training=True)
    expected = matrix.T @ (matrix @ direction)
    np.testing.assert_allclose(layer.direction, expected / np.linalg.norm(expected), rtol=1e-4)
    np.testing.assert_allclose(
        layer.kernel.numpy().reshape(-1, 5), matrix / np.linalg.norm(matrix @ layer.direction.numpy()), rtol=1e-4
    )


def test_the_gradient_flows_through_the_norm():
    """Equation 12: it has no part along the kernel itself, because the kernel's size does not matter."""
    layer = convolution()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(PICTURES) * tf.constant(RANDOM.normal(0, 1, (2, 4, 4, 5)), tf.float32))
    (gradient,) = tape.gradient(loss, layer.trainable_variables)
    assert float(tf.norm(gradient)) > 0.1
    assert float(tf.reduce_sum(gradient * layer._kernel)) == pytest.approx(0, abs=1e-3)


def test_a_dense_layer_is_normalised_too():
    layer = spectral(layers.Dense)(4, use_bias=True, name="dense")
    layer.build((None, 6))
    layer.set_weights([RANDOM.normal(0, 1, (6, 4)), np.ones(4), layer.direction.numpy()])
    for _ in range(100):
        layer(tf.ones((1, 6)), training=True)
    assert np.linalg.svd(layer.kernel, compute_uv=False)[0] == pytest.approx(1, rel=1e-4)


def test_it_computes_in_bfloat16_with_a_direction_in_float32():
    layer = convolution(dtype="mixed_bfloat16")
    outputs = layer(tf.cast(PICTURES, tf.bfloat16), training=True)
    assert outputs.dtype == tf.bfloat16 and layer.direction.dtype == "float32"
    np.testing.assert_allclose(
        tf.cast(outputs, tf.float32), convolution_of(layer), atol=0.05 * float(np.abs(convolution_of(layer)).max())
    )


def convolution_of(layer):
    return keras.ops.conv(PICTURES, tf.cast(layer.kernel, tf.float32), strides=2, padding="same").numpy()


def test_the_first_direction_follows_from_the_name():
    assert np.array_equal(convolution().direction, convolution().direction)
