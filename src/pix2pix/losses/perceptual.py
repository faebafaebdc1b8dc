"""The perceptual loss: generated pictures should look real to the layers of a trained network (Johnson et al. 2016)."""

from collections.abc import Sequence

import tensorflow as tf

from pix2pix.losses.reconstruction import l1

# The weights of the layers, the first one's first, in the codes of pix2pixHD and SPADE.
WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


def perceptual(real: Sequence[tf.Tensor], generated: Sequence[tf.Tensor]) -> tf.Tensor:
    """Return the weighted sum of the mean absolute differences of the layers' maps.

    No gradient flows through the maps of the real pictures.

    Args:
        real, generated: a map for each of `WEIGHTS`, float `(batch, height, width, channels)`.

    Returns:
        A float scalar, at least 0.
    """
    rows = zip(WEIGHTS, real, generated, strict=True)
    return tf.add_n([weight * l1(tf.stop_gradient(goal), found) for weight, goal, found in rows])
