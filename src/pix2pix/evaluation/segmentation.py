"""Class maps: a trained segmenter reads them from photos, a palette from label maps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.scale import to_network
from pix2pix.base.shown import shown
from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Example, Task
from pix2pix.networks.folding import folded
from pix2pix.networks.segmenter import MULTIPLE

Image = NDArray[np.uint8]
ClassMap = NDArray[np.uint8]


# A photo is read at several sizes, because the parts of a façade come in all sizes.
SCALES = (0.75, 1.0, 1.25)


class Segmentation:
    """A trained segmenter that is called with a photo and returns a class map."""

    def __init__(self, model: Callable[..., tf.Tensor]) -> None:
        """Take a model from photos, float32 `(n, height, width, 3)` in [-1, 1], to logits with a channel a class."""

        def answer(photo: tf.Tensor) -> tf.Tensor:
            sizes = [_scaled(photo.shape[:2], scale) for scale in SCALES]
            looks = [_likelihoods(model, tf.image.resize(photo, size, antialias=True)) for size in sizes]
            return tf.argmax(tf.add_n([tf.image.resize(look, photo.shape[:2]) for look in looks]), axis=-1)

        self._run = tf.function(answer, autograph=False)

    @classmethod
    def of(cls, trained: keras.Model) -> "Segmentation":
        """Return the segmentation of a trained segmenter (see `networks.segmenter`) in its form for use."""
        return cls(folded(trained))

    def __call__(self, photo: Image) -> ClassMap:
        """Return the most likely class of every pixel, averaged over three sizes of the photo and of its mirror image.

        The photo is uint8 RGB `(height, width, 3)`, with sides that are multiples of `networks.segmenter.MULTIPLE`. The
        answer is uint8 `(height, width)`.
        """
        return np.asarray(self._run(to_network(photo)), np.uint8)


def _scaled(size: Sequence[int], scale: float) -> list[int]:
    """The nearest size that the networks take."""
    return [max(round(side * scale / MULTIPLE), 1) * MULTIPLE for side in size]


def _likelihoods(model: Callable[..., tf.Tensor], photo: tf.Tensor) -> tf.Tensor:
    """Return the likelihood of every class at every pixel, summed over a photo and its mirror image."""
    straight, mirrored = tf.unstack(tf.nn.softmax(model(tf.stack([photo, photo[:, ::-1]]), training=False)))
    return straight + mirrored[:, ::-1]


@dataclass(frozen=True)
class Reader:
    """Reads class maps from the pictures of a pair, for a data set that has classes.

    Attributes:
        palette: the classes.
        segment: photo -> class map, a `Segmentation`. It gets photos as they are shown; see `shown`.
    """

    palette: Palette
    segment: Callable[[Image], ClassMap]

    def truth(self, task: Task, example: Example) -> ClassMap:
        """The classes of the label map."""
        return self.palette.classes(example[task.label.name])

    def generated(self, task: Task, generated: Image) -> ClassMap:
        """Return the classes of a generated picture: the segmenter reads a photo, the palette reads a label map."""
        every = replace(self.palette, no_class=None)  # an answer is a class everywhere
        return every.classes(generated) if task.target.is_label else self.segment(shown(generated))

    def real(self, task: Task, example: Example) -> ClassMap:
        """Return the classes that the segmenter reads from the real photo. A perfect generator scores the same."""
        return self.segment(shown(example[task.photo.name]))
