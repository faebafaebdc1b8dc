"""Convert pictures between uint8 [0, 255], their scale outside the networks, and float32 [-1, 1] inside them."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def to_network(pictures: tf.Tensor | NDArray[np.uint8]) -> tf.Tensor | NDArray[np.float32]:
    """Convert pictures to the scale of the networks: `x / 127.5 - 1`, as in the tutorial.

    Args:
        pictures: uint8 of any shape, 0 to 255; a tensor or an array.

    Returns:
        float32 of the same shape and kind, -1 to 1.
    """
    if isinstance(pictures, np.ndarray):
        # The same bits as TensorFlow outside a graph, in a fifth of its time. Inside a graph TensorFlow gives others.
        return np.divide(pictures, 127.5, dtype=np.float32) - np.float32(1)
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


def from_network(pictures: tf.Tensor) -> tf.Tensor:
    """Convert pictures from the scale of the networks to the nearest uint8 values.

    Args:
        pictures: float32 of any shape; values outside -1 to 1 are clipped.

    Returns:
        uint8 of the same shape, 0 to 255.
    """
    return tf.cast(tf.clip_by_value(tf.round((pictures + 1.0) * 127.5), 0, 255), tf.uint8)
