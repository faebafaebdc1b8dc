"""Feature matching: generated pictures should look real to the layers of a discriminator (Wang et al. 2018)."""

from collections.abc import Sequence

import tensorflow as tf

from pix2pix.losses.reconstruction import l1

# The maps of each layer, for each scale of a discriminator: float `(batch, height, width, channels)`.
Features = Sequence[Sequence[tf.Tensor]]


def feature_matching(real: Features, generated: Features) -> tf.Tensor:
    """Return the distance of the features of real and of generated pictures (pix2pixHD, equation 4).

    It is the mean over the scales of the sum over the layers of the mean absolute difference, as in the code of
    pix2pixHD and SPADE. No gradient flows through the features of the real pictures.

    Args:
        real, generated: the features, of equal shapes.

    Returns:
        A float scalar, at least 0.
    """
    layers = [
        l1(tf.stop_gradient(goal), found)
        for goals, founds in zip(real, generated, strict=True)
        for goal, found in zip(goals, founds, strict=True)
    ]
    return tf.add_n(layers) / len(real)
