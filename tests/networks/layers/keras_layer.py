"""Keras' own layer as the truth that one of ours is held against."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from keras import layers

BATCH, CHANNELS, FILTERS = 2, 5, 3


def assert_computes_like(
    kind: type[layers.Layer], keras_kind: type[layers.Layer], shape: tuple[int, int], **options: object
) -> tf.Tensor:
    """Compare a convolution, by default 4x4 of stride 2, with Keras': what it gives, and its gradients.

    Args:
        kind: our layer.
        keras_kind: Keras' layer, of the same arguments.
        shape: height and width of the pictures.
        options: other arguments of the layer.

    Returns:
        What ours gives: `(BATCH, height, width, FILTERS)`.
    """
    random = np.random.default_rng(0)
    pictures = tf.constant(random.normal(size=(BATCH, *shape, CHANNELS)), tf.float32)
    settings = {"kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False} | options
    both = [each(FILTERS, **settings) for each in (kind, keras_kind)]
    for layer in both:
        layer.build(pictures.shape)
    weights = [random.normal(size=weight.shape) for weight in both[1].weights]
    given, gradients = [], []
    for layer in both:
        layer.set_weights(weights)
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            given.append(layer(pictures))
            loss = tf.reduce_sum(tf.sin(given[-1]))
        gradients.append(tape.gradient(loss, [pictures, *(weight.value for weight in layer.weights)]))
    np.testing.assert_allclose(*given, atol=1e-5)
    for our, their in zip(*gradients, strict=True):
        np.testing.assert_allclose(our, their, atol=1e-4)
    return given[0]


def assert_same_twice_differentiated(
    ours: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    theirs: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    *given: tf.Tensor,
) -> None:
    """Compare two functions of tensors: what they give, its gradients, and the gradients of these."""
    for our, their in zip(_twice_differentiated(ours, given), _twice_differentiated(theirs, given), strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-4, atol=1e-5 * float(tf.reduce_max(abs(their))))


def _twice_differentiated(
    function: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], given: tuple[tf.Tensor, ...]
) -> list[tf.Tensor]:
    with tf.GradientTape() as outer:
        outer.watch(given)
        with tf.GradientTape() as inner:
            inner.watch(given)
            made = function(*given)
            loss = tf.reduce_sum(tf.sin(made))
        once = inner.gradient(loss, given)
        penalty = tf.add_n([tf.reduce_sum(tf.cos(each)) for each in once])
    return [made, *once, *outer.gradient(penalty, given)]
