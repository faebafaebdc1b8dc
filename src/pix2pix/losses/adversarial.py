"""Adversarial losses. Each says how wrong a discriminator's answers about real or generated pictures are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.losses import neutral
from pix2pix.losses.neutral import Neutral


@dataclass(frozen=True)
class Adversarial:
    """An adversarial loss. Its functions take and return float tensors of one shape, a value for each answer.

    Attributes:
        each: the discriminator's loss as a function of logits, and of whether they should say "real".
        persuading: the generator's loss as a function of the logits for its pictures.
        neutral: the value of `each` for a discriminator that cannot tell real from generated; None if no value means
            that.
        border: the logit above which a patch is called real; None if it has to lie midway between the mean answers
            about real and about generated pictures.
        labelled: the discriminator's loss as a function of logits and labels, 1 for "real" and 0 for "generated".
    """

    each: Callable[[tf.Tensor, bool], tf.Tensor]
    persuading: Callable[[tf.Tensor], tf.Tensor]
    neutral: Neutral | None
    border: float | None
    labelled: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

    def of(self, logits: tf.Tensor, real: bool) -> tf.Tensor:
        """Return the discriminator's loss, a scalar: the mean over all answers."""
        return tf.reduce_mean(self.each(logits, real))

    def taught(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Return the discriminator's loss for labels of the logits' shape, a scalar."""
        return tf.reduce_mean(self.labelled(logits, labels))

    def convincing(self, logits: tf.Tensor) -> tf.Tensor:
        """Return the generator's loss, a scalar."""
        return tf.reduce_mean(self.persuading(logits))


def _mixed(each: Callable[[tf.Tensor, bool], tf.Tensor]) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return the loss that weighs the losses for "real" and "generated" by the label."""
    return lambda logits, labels: labels * each(logits, True) + (1 - labels) * each(logits, False)


def _cross_entropy(logits: tf.Tensor, real: bool) -> tf.Tensor:
    # -log σ(x), and -log(1 - σ(x)). The gradient of `sigmoid_cross_entropy_with_logits` would be a sum of four terms.
    # Two losses of the same logits share some, and TensorFlow starts a sum with a term that nobody else needs any more.
    # So the order, and with it the last bits, would depend on which loss comes first. This gradient is one operation.
    return tf.nn.softplus(-logits if real else logits)


def _least_squares(logits: tf.Tensor, real: bool) -> tf.Tensor:
    return tf.square(logits - 1 if real else logits)


def _hinge(logits: tf.Tensor, real: bool) -> tf.Tensor:
    return tf.nn.relu(1 - logits if real else 1 + logits)


def _wasserstein(logits: tf.Tensor, real: bool) -> tf.Tensor:
    return -logits if real else logits


# The sigmoid of a logit is the probability that its patch is real (Goodfellow et al. 2014; pix2pix, equations 1 and 2).
# The generator's loss does not saturate: -log σ(x). With a label between 0 and 1 it is the cross-entropy, too.
CROSS_ENTROPY = Adversarial(
    _cross_entropy, lambda logits: _cross_entropy(logits, True), neutral.CROSS_ENTROPY, 0.0, _mixed(_cross_entropy)
)
# Mao et al. 2017, equation 9, without its factor 1/2.
LEAST_SQUARES = Adversarial(
    _least_squares,
    lambda logits: _least_squares(logits, True),
    neutral.LEAST_SQUARES,
    0.5,
    lambda logits, labels: tf.square(logits - labels),
)
# Lim & Ye 2017; Miyato et al. 2018, equations 16 and 17.
HINGE = Adversarial(_hinge, tf.negative, neutral.HINGE, 0.0, _mixed(_hinge))
# Arjovsky et al. 2017. A logit is the answer of the critic, without its penalty (see `gradient_penalty`).
WASSERSTEIN = Adversarial(_wasserstein, tf.negative, None, None, _mixed(_wasserstein))
# The losses, by `model.adversarial`.
LOSSES: Mapping[str, Adversarial] = {
    "cross_entropy": CROSS_ENTROPY,
    "least_squares": LEAST_SQUARES,
    "hinge": HINGE,
    "wasserstein": WASSERSTEIN,
}


def weighed(loss: Adversarial, weights: NDArray[np.float32]) -> Adversarial:
    """Return a loss in which each answer counts by its weight; the weights broadcast to the shape of the answers."""
    return replace(
        loss,
        each=lambda logits, real: weights * loss.each(logits, real),
        persuading=lambda logits: weights * loss.persuading(logits),
        labelled=lambda logits, labels: weights * loss.labelled(logits, labels),
    )


def share_judged(logits: tf.Tensor, real: bool, border: float | tf.Tensor = 0.0) -> tf.Tensor:
    """Return the share of the logits that lie on the right side of the border, a scalar in [0, 1].

    A logit on the border counts as half: it says nothing.
    """
    side = tf.sign(logits - border)
    return tf.reduce_mean((1 + side if real else 1 - side) / 2)
