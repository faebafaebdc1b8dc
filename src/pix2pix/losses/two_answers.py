"""How far two answers to one input are apart, for a generator that is to make use of its noise."""

import tensorflow as tf

# It keeps the quotient finite where two noises are equal; the value of the authors' code.
_LEAST = 1e-5


def answers_apart(generated: tf.Tensor, other: tf.Tensor, noises_apart: tf.Tensor) -> tf.Tensor:
    """Return the distance of two answers, divided by the distance of their noises (Yang et al. 2019, section 3).

    The paper bounds the quotient from above, and the code of its authors does not by default. Here it has no bound.

    Args:
        generated, other: two answers to each input, float `(batch, height, width, channels)` in [-1, 1].
        noises_apart: the mean absolute difference of their noises, float `(batch,)`.

    Returns:
        A float scalar, at least 0: the mean over the batch. The distance of answers is their mean absolute difference.
    """
    apart = tf.reduce_mean(tf.abs(generated - other), axis=[1, 2, 3])
    return tf.reduce_mean(apart / (noises_apart + _LEAST))
