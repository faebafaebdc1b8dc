"""The game of OASIS: the discriminator reads a class in each pixel, or says that the pixel is generated.

Sushko et al. 2021, "You only need adversarial supervision for semantic image synthesis". Logits are float32 `(batch,
height, width, 1 + classes)`; the first one stands for "generated". Classes are float32 `(batch, height, width,
classes)`, 1 where a pixel has the class, and 0 in all of them where it has none.
"""

from collections.abc import Sequence

import tensorflow as tf


def as_classes(logits: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """Return how far each pixel is from being read as its class, a scalar (equations 1 and 2).

    It is the cross-entropy. A pixel counts by the inverse share of its class in the batch, so that all classes that are
    there count alike; a pixel without a class counts nothing.
    """
    counts = tf.reduce_sum(classes, [0, 1, 2])
    there = tf.reduce_sum(tf.cast(counts > 0, tf.float32))
    pixels = tf.cast(tf.reduce_prod(tf.shape(classes)[:3]), tf.float32)
    weights = tf.math.divide_no_nan(pixels, there * counts)
    return -tf.reduce_mean(tf.reduce_sum(weights * classes * tf.nn.log_softmax(logits)[..., 1:], -1))


def as_generated(logits: tf.Tensor) -> tf.Tensor:
    """Return how far the pixels are from being read as generated, a scalar: their mean cross-entropy (equation 1)."""
    return -tf.reduce_mean(tf.nn.log_softmax(logits)[..., 0])


def mask(classes: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Return LabelMix's mask: 1 in the pixels of about half of the classes, and 0 in the others and without a class.

    Args:
        classes: see above.
        draws: a number from U[0, 1) for each class, `(classes,)`.

    Returns:
        float32 `(batch, height, width, 1)`.
    """
    return tf.reduce_sum(classes * tf.cast(draws < 0.5, tf.float32), -1, keepdims=True)


def mixed(mask: tf.Tensor, real: tf.Tensor, generated: tf.Tensor) -> tf.Tensor:
    """Return what is real where the mask is 1, and generated elsewhere: pictures, or logits about them."""
    return mask * real + (1 - mask) * generated


def inconsistency(mask: tf.Tensor, real: tf.Tensor, generated: tf.Tensor, of_mixture: tf.Tensor) -> tf.Tensor:
    """Return how far the logits of a mixed picture are from the mixed logits, a scalar (equation 4): mean squares."""
    return tf.reduce_mean(tf.square(mixed(mask, real, generated) - of_mixture))


def shares_judged(real: tf.Tensor, generated: tf.Tensor, classes: tf.Tensor) -> Sequence[tf.Tensor]:
    """Return the shares of the pixels that are read right: with their class, and as generated; scalars in [0, 1]."""
    read = tf.one_hot(tf.argmax(real, -1) - 1, tf.shape(classes)[-1])
    right = tf.math.divide_no_nan(tf.reduce_sum(read * classes), tf.reduce_sum(classes))
    return right, tf.reduce_mean(tf.cast(tf.argmax(generated, -1) == 0, tf.float32))
