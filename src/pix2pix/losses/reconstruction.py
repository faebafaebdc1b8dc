"""Distances between a generated picture and its target."""

import tensorflow as tf


def l1(target: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Return the mean absolute difference (Isola et al. 2017, equation 3).

    Args:
        target, generated: float pictures of one shape, in [-1, 1].

    Returns:
        A float scalar in [0, 2].
    """
    return tf.reduce_mean(tf.abs(target - generated))
