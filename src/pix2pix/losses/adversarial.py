"""Adversarial losses: how wrong a discriminator's answers about real or generated pictures are."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from pix2pix.losses import neutral
from pix2pix.losses.neutral import Neutral


@dataclass(frozen=True)
class Adversarial:
    """An adversarial loss.

    Attributes:
        of: from logits, float `(batch, n, n, 1)`, and whether they should say "real", to a scalar, the mean over the
            patches.
        neutral: its value for a discriminator that cannot tell real from generated.
        border: the logit above which a patch is called real.
    """

    of: Callable[[tf.Tensor, bool], tf.Tensor]
    neutral: Neutral
    border: float = 0.0


def _cross_entropy(logits: tf.Tensor, real: bool) -> tf.Tensor:
    answers = tf.ones_like(logits) if real else tf.zeros_like(logits)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(answers, logits))


# The sigmoid of a logit is the probability that its patch is real (Goodfellow et al. 2014; pix2pix, equations 1 and 2).
CROSS_ENTROPY = Adversarial(_cross_entropy, neutral.CROSS_ENTROPY)


def share_judged(logits: tf.Tensor, real: bool, border: float = 0.0) -> tf.Tensor:
    """The share of a map of logits on the right side of the border: scalar in [0, 1]."""
    return tf.reduce_mean(tf.cast(logits > border if real else logits < border, tf.float32))
