"""MS-SSIM: structural similarity on five scales."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

_ms_ssim = tf.function(lambda real, generated: tf.image.ssim_multiscale(real, generated, max_val=255))


def ms_ssim(real: NDArray[np.uint8], generated: NDArray[np.uint8]) -> float:
    """Multi-scale structural similarity of two uint8 RGB pictures, in [0, 1], the mean over the channels.

    It has the five weights of Wang, Simoncelli & Bovik 2003. As in TensorFlow, contrasts that contradict each other on
    any scale make a channel 0. Sides are at least `measures.FIVE_SCALES`.
    """
    return float(_ms_ssim(real, generated))
