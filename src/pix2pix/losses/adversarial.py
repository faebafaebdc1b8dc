"""Adversarial losses: they compare a discriminator's logits with the truth (Isola et al. 2017, equations 1 and 2)."""

import tensorflow as tf


def real_or_generated(logits: tf.Tensor, real: bool) -> tf.Tensor:
    """Return the cross-entropy between a discriminator's logits and one answer for all patches.

    Args:
        logits: float `(batch, n, n, 1)`; the sigmoid of a logit is the probability that its patch is real.
        real: the answer: all patches are real (True), or all are generated (False).

    Returns:
        Float scalar, the mean over patches and batch, at least 0. It is ln 2 for logits of 0.
    """
    answers = tf.ones_like(logits) if real else tf.zeros_like(logits)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(answers, logits))


def share_judged(logits: tf.Tensor, real: bool) -> tf.Tensor:
    """Return the share of patches that a discriminator judges right.

    Args:
        logits: float `(batch, n, n, 1)`; above 0 the discriminator says real, below 0 generated.
        real: the truth about all patches.

    Returns:
        float32 scalar, 0 to 1.
    """
    return tf.reduce_mean(tf.cast(logits > 0 if real else logits < 0, tf.float32))
