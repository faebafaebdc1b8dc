"""Class maps out of photos, with a trained segmenter."""

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.scale import to_network


class Segmentation:
    """A trained segmenter as one object: photo in, class map out."""

    def __init__(self, model: keras.Model) -> None:
        """`model` as `networks.segmenter` makes it."""
        self._run = tf.function(lambda photo: tf.argmax(model(photo, training=False), axis=-1))

    def __call__(self, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The most likely class of every pixel: uint8 RGB `(height, width, 3)` to uint8 `(height, width)`."""
        return np.asarray(self._run(to_network(photo)[None])[0], np.uint8)
