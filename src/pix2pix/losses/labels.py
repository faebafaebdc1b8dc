"""The labels that a discriminator is taught: 1 for "real" and 0 for "generated", or others as a remedy."""

import tensorflow as tf

from pix2pix.losses.chance import Chance
from pix2pix.params.systems.adversarial import AdversarialSection


def taught_labels(settings: AdversarialSection, like: tf.Tensor, real: bool, chance: Chance, name: str) -> tf.Tensor:
    """Return a label for each answer of a discriminator.

    One-sided smoothing lowers the labels of real pictures by `label_smoothing` (Salimans et al. 2016, section 3.4).
    Noise moves each label by `label_noise` times U[0, 1): towards the other label (`inward`), or away from it
    (`outward`: 1 + 0.1 U and 0 - 0.1 U; Foster 2023, chapter 4). Then each label changes sides with the probability
    `label_flips` (Chintala et al. 2016).

    Args:
        settings: the section of the system.
        like: the answers, which give the shape.
        real: whether the answers are about real pictures.
        chance: the random numbers.
        name: the name of the discriminator, so that each has random numbers of its own.

    Returns:
        float32 of the shape of `like`.
    """
    kind, shape = "real" if real else "generated", tf.shape(like)
    towards = -1.0 if real else 1.0
    labels = tf.fill(shape, 1.0 - settings.label_smoothing if real else 0.0)
    if settings.label_noise:
        sign = towards if settings.label_noise_direction == "inward" else -towards
        labels += sign * settings.label_noise * chance.uniform(f"{name}/{kind} label noise", shape)
    if settings.label_flips:
        flipped = chance.uniform(f"{name}/{kind} label flips", shape) < settings.label_flips
        labels = tf.where(flipped, 1 - labels, labels)
    return labels


def teaches_truth(settings: AdversarialSection) -> bool:
    """Whether all labels are 1 and 0, each for its own pictures."""
    return not (settings.label_smoothing or settings.label_noise or settings.label_flips)
