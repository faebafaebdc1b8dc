"""Make the randomness and the kernels of TensorFlow repeatable."""

import keras
import tensorflow as tf


def make_deterministic(seed: int) -> None:
    """Seed the random generators of Python, NumPy and Keras, and make TensorFlow use deterministic kernels."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
