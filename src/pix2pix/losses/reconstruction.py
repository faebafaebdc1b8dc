"""Distances between a generated picture and its target."""

import tensorflow as tf


def l1(target: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference (equation 3); in [0, 2] for pictures in [-1, 1]."""
    return tf.reduce_mean(tf.abs(target - generated))
