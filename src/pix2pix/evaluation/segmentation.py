"""Class maps out of photos, with a trained segmenter; and out of all the pictures of a pair."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Task
from pix2pix.scale import to_network

Image = NDArray[np.uint8]
ClassMap = NDArray[np.uint8]


class Segmentation:
    """A trained segmenter as one object: photo in, class map out."""

    def __init__(self, model: keras.Model) -> None:
        """`model` as `networks.segmenter` makes it."""

        def answer(photo: tf.Tensor) -> tf.Tensor:
            straight, mirrored = model(photo, training=False), model(photo[:, :, ::-1], training=False)[:, :, ::-1]
            return tf.argmax(tf.nn.softmax(straight) + tf.nn.softmax(mirrored), axis=-1)

        self._run = tf.function(answer)

    def __call__(self, photo: Image) -> ClassMap:
        """The most likely class of every pixel, on average over the photo and its mirror image.

        uint8 RGB `(height, width, 3)` to uint8 `(height, width)`.
        """
        return np.asarray(self._run(to_network(photo)[None])[0], np.uint8)


@dataclass(frozen=True)
class Reader:
    """How class maps are read out of a pair, for a data set that has classes.

    Attributes:
        palette: the classes.
        segment: photo -> class map, a `Segmentation`.
    """

    palette: Palette
    segment: Callable[[Image], ClassMap]

    def truth(self, task: Task, input_: Image, target: Image) -> ClassMap:
        """The classes of the label half."""
        return self.palette.classes(task.photo_and_label(input_, target)[1])

    def generated(self, task: Task, generated: Image) -> ClassMap:
        """The classes of a generated picture: read by the segmenter from a photo, by colour from a label map."""
        return self.palette.classes(generated) if task.target_is_label else self.segment(generated)

    def real(self, task: Task, input_: Image, target: Image) -> ClassMap:
        """The classes the segmenter reads from the real photo: what a perfect photo would score."""
        return self.segment(task.photo_and_label(input_, target)[0])
