"""The class of a whole picture: a trained classifier reads it."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.scale import to_network
from pix2pix.base.shown import shown
from pix2pix.networks.folding import folded

Image = NDArray[Any]


class ClassReader:
    """A trained classifier that is called with a picture and returns a class id."""

    def __init__(self, model: Callable[..., tf.Tensor]) -> None:
        """Take a model from photos, float32 `(n, height, width, 3)` in [-1, 1], to logits `(n, classes)`."""

        def answer(photo: tf.Tensor) -> tf.Tensor:
            looks = tf.nn.softmax(model(tf.stack([photo, photo[:, ::-1]]), training=False))
            return tf.argmax(tf.reduce_sum(looks, axis=0))

        self._run = tf.function(answer, autograph=False)

    @classmethod
    def of(cls, trained: keras.Model) -> "ClassReader":
        """Return the reader of a trained classifier (see `networks.classifier`) in its form for use."""
        return cls(folded(trained))

    def __call__(self, picture: Image) -> int:
        """Return the class that is likeliest in a picture and its mirror image together.

        The picture is uint8 or uint16 `(height, width, channels)`; it is read as it is shown. The answer depends on
        nothing else.
        """
        return int(self._run(to_network(shown(picture))))


def judge(photos: Sequence[Image], class_ids: Sequence[int]) -> Callable[[keras.Model], float]:
    """Return a function that takes a classifier and gives its accuracy on photos, in [0, 1].

    Args:
        photos: uint8 RGB `(height, width, 3)` each.
        class_ids: the class of each photo.
    """

    def accuracy(model: keras.Model) -> float:
        read = ClassReader.of(model)
        return float(np.mean([read(photo) == class_id for photo, class_id in zip(photos, class_ids, strict=True)]))

    return accuracy
