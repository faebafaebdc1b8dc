import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.networks import downconvolution
from pix2pix.networks.downconvolution import DownConvolution

# Both ways of computing it, the edges of their ranges, and maps that are not square.
SHAPES = [(2, 2), (4, 4), (6, 10), (16, 16), (16, 18), (32, 32)]


def both(shape, channels=5, filters=3, batch=2):
    """Our layer and Keras' with the same kernel, and pictures for them."""
    random = np.random.default_rng(0)
    pictures = tf.constant(random.normal(size=(batch, *shape, channels)), tf.float32)
    options = {"kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}
    ours, theirs = DownConvolution(filters, **options), layers.Conv2D(filters, **options)
    kernel = random.normal(size=(4, 4, channels, filters))
    for layer in (ours, theirs):
        layer.build(pictures.shape)
        layer.set_weights([kernel])
    return ours, theirs, pictures


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_keras_convolution(shape):
    ours, theirs, pictures = both(shape)
    np.testing.assert_allclose(ours(pictures), theirs(pictures), atol=1e-5)
    assert ours(pictures).shape == (2, shape[0] // 2, shape[1] // 2, 3)


@pytest.mark.parametrize("shape", SHAPES)
def test_its_gradients_are_keras(shape):
    gradients = []
    ours, theirs, pictures = both(shape)
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            loss = tf.reduce_sum(tf.sin(layer(pictures)))
        gradients.append(tape.gradient(loss, [pictures, layer.kernel.value]))
    for our, their in zip(*gradients, strict=True):
        np.testing.assert_allclose(our, their, atol=1e-4)


def test_two_by_two_pixels_meet_the_inner_part_of_the_kernel():
    kernel = np.arange(16, dtype=np.float32).reshape(4, 4, 1, 1)
    answer = downconvolution.halved(tf.reshape([1.0, 10.0, 100.0, 1000.0], (1, 2, 2, 1)), tf.constant(kernel))
    assert answer.numpy().item() == 5 * 1 + 6 * 10 + 9 * 100 + 10 * 1000
