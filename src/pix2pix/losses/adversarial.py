"""Adversarial losses. Each says how wrong a discriminator's answers about real or generated pictures are."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from pix2pix.losses import neutral
from pix2pix.losses.neutral import Neutral


@dataclass(frozen=True)
class Adversarial:
    """An adversarial loss.

    Attributes:
        of: the loss as a function of logits, float `(batch, rows, columns, 1)`, and of whether they should say "real".
            It returns a scalar, the mean over the patches.
        neutral: the value of the loss for a discriminator that cannot tell real from generated.
        border: the logit above which a patch is called real.
    """

    of: Callable[[tf.Tensor, bool], tf.Tensor]
    neutral: Neutral
    border: float = 0.0


def _cross_entropy(logits: tf.Tensor, real: bool) -> tf.Tensor:
    # -log σ(x), and -log(1 - σ(x)). The gradient of `sigmoid_cross_entropy_with_logits` would be a sum of four terms.
    # Two losses of the same logits share some, and TensorFlow starts a sum with a term that nobody else needs any more.
    # So the order, and with it the last bits, would depend on which loss comes first. This gradient is one operation.
    return tf.reduce_mean(tf.nn.softplus(-logits if real else logits))


# The sigmoid of a logit is the probability that its patch is real (Goodfellow et al. 2014; pix2pix, equations 1 and 2).
CROSS_ENTROPY = Adversarial(_cross_entropy, neutral.CROSS_ENTROPY)


def _least_squares(logits: tf.Tensor, real: bool) -> tf.Tensor:
    return tf.reduce_mean(tf.square(logits - 1.0 if real else logits))


# The answer itself should be 1 for real and 0 for generated (Mao et al. 2017, with a = 0 and b = c = 1). An answer of
# 1/2 cannot decide.
LEAST_SQUARES = Adversarial(_least_squares, neutral.LEAST_SQUARES, border=0.5)


def share_judged(logits: tf.Tensor, real: bool, border: float = 0.0) -> tf.Tensor:
    """Return the share of the logits that lie on the right side of the border, a scalar in [0, 1]."""
    return tf.reduce_mean(tf.cast(logits > border if real else logits < border, tf.float32))
