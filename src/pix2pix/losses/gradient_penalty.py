"""The gradient penalty of WGAN-GP (Gulrajani et al. 2017, equation 3)."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

# It keeps the derivative of a square root finite where the gradient is 0.
_TINY = 1e-12


def mixture(real: tf.Tensor, generated: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return pictures on the lines between real and generated ones; `weights` from U[0, 1), `(batch, 1, 1, 1)`."""
    return real + weights * (generated - real)


def gradient_penalty(
    judge: Callable[[tf.Tensor], tf.Tensor], pictures: tf.Tensor, weights: NDArray[np.float32] | None = None
) -> tf.Tensor:
    """Return the mean of (‖∇f‖ - 1)² over the pictures.

    f is the mean of the answers about a picture, which is what the loss has of a picture; a critic with one answer is
    the paper's.

    Args:
        judge: a function from float `(batch, height, width, channels)` to logits `(batch, …)`.
        pictures: where the gradient is taken.
        weights: how much each answer counts, if they do not count alike; they broadcast to the answers' shape.

    Returns:
        A scalar.
    """
    with tf.GradientTape() as tape:
        tape.watch(pictures)
        answers = judge(pictures)
        answers = answers if weights is None else weights * answers
        means = tf.reduce_mean(tf.reshape(answers, [tf.shape(answers)[0], -1]), axis=1)
    slopes = tape.gradient(means, pictures)
    norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), axis=[1, 2, 3]) + _TINY)
    return tf.reduce_mean(tf.square(norms - 1))
