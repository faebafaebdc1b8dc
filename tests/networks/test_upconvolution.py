import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.networks import upconvolution
from pix2pix.networks.upconvolution import UpConvolution

# Both ways of computing it, the edges of their ranges, and maps that are not square.
SHAPES = [(1, 1), (2, 2), (3, 5), (16, 16), (16, 17), (20, 20)]


def both(shape, channels=5, filters=3, batch=2):
    """Our layer and Keras' with the same kernel, and pictures for them."""
    random = np.random.default_rng(0)
    pictures = tf.constant(random.normal(size=(batch, *shape, channels)), tf.float32)
    options = {"kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}
    ours, theirs = UpConvolution(filters, **options), layers.Conv2DTranspose(filters, **options)
    kernel = random.normal(size=(4, 4, filters, channels))
    for layer in (ours, theirs):
        layer.build(pictures.shape)
        layer.set_weights([kernel])
    return ours, theirs, pictures


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_keras_transposed_convolution(shape):
    ours, theirs, pictures = both(shape)
    np.testing.assert_allclose(ours(pictures), theirs(pictures), atol=1e-5)
    assert ours(pictures).shape == (2, 2 * shape[0], 2 * shape[1], 3)


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


def test_one_pixel_stamps_the_inner_part_of_the_kernel():
    kernel = np.arange(16, dtype=np.float32).reshape(4, 4, 1, 1)
    stamped = upconvolution.doubled(tf.fill([1, 1, 1, 1], 2.0), tf.constant(kernel))
    np.testing.assert_array_equal(stamped[0, :, :, 0], 2 * kernel[1:3, 1:3, 0, 0])
