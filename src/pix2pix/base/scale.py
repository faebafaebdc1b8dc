"""The scale the networks see: uint8 [0, 255] everywhere outside, float32 [-1, 1] inside."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def to_network(pictures: tf.Tensor | NDArray[np.uint8]) -> tf.Tensor | NDArray[np.float32]:
    """Any number of pictures, [0, 255] to float32 [-1, 1] (tutorial: `x / 127.5 - 1`): an array of an array."""
    if isinstance(pictures, np.ndarray):
        # The bits of TensorFlow outside a graph, in a fifth of its time; inside, it divides in another way.
        return np.divide(pictures, 127.5, dtype=np.float32) - np.float32(1)
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


def from_network(pictures: tf.Tensor) -> tf.Tensor:
    """Any number of pictures, float32 [-1, 1] to the nearest uint8 [0, 255]; what lies outside is clipped."""
    return tf.cast(tf.clip_by_value(tf.round((pictures + 1.0) * 127.5), 0, 255), tf.uint8)
