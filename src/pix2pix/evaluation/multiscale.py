"""MS-SSIM: structural similarity on five scales."""

from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

_ms_ssim = tf.function(lambda real, generated: tf.image.ssim_multiscale(real, generated, max_val=real.dtype.max))


def ms_ssim(real: NDArray[Any], generated: NDArray[Any]) -> float:
    """Multi-scale structural similarity of two uint8 or uint16 pictures, in [0, 1], the mean over the channels.

    The five weights are from Wang, Simoncelli & Bovik 2003. As in TensorFlow, a channel counts 0 if the contrasts of
    the two pictures contradict each other on any scale. Each side has at least `measures.FIVE_SCALES` pixels.
    """
    return float(_ms_ssim(real, generated))
