"""Adversarial losses: what a discriminator says of real and of generated pictures (pix2pix, equations 1 and 2)."""

import tensorflow as tf


def real_or_generated(logits: tf.Tensor, real: bool) -> tf.Tensor:
    """Cross-entropy of a map of logits against "all patches are real" or "all are generated".

    Args:
        logits: float `(batch, n, n, 1)`; the sigmoid of a logit is the probability that its patch is real.
        real: which of the two they should say.

    Returns:
        Scalar, the mean over patches; ln 2 for logits of 0.
    """
    answers = tf.ones_like(logits) if real else tf.zeros_like(logits)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(answers, logits))


def share_judged(logits: tf.Tensor, real: bool) -> tf.Tensor:
    """The share of a map of logits on the right side of 0: scalar in [0, 1]."""
    return tf.reduce_mean(tf.cast(logits > 0 if real else logits < 0, tf.float32))
