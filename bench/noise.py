"""The pair of pictures that TensorFlow's subjects train on."""

import numpy as np
import tensorflow as tf

from bench.checks import SIZE


def noise() -> tuple[tf.Tensor, tf.Tensor]:
    """An input and a target: float32 `(1, SIZE, SIZE, 3)`, uniform in [-1, 1]."""
    input_, target = np.random.default_rng(0).uniform(-1, 1, (2, 1, SIZE, SIZE, 3)).astype(np.float32)
    return tf.constant(input_), tf.constant(target)
