"""Make TensorFlow's own randomness and its kernels repeatable."""

import keras
import tensorflow as tf


def make_deterministic(seed: int) -> None:
    """Seed every generator of Python, NumPy and Keras, and ask for kernels that give the same bits every time."""
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
