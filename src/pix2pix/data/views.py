"""Random views of photos and their class maps: enlarged, stretched, mirrored, in another light.

A view is a function of (seed, epoch, position), so a training can stop after any step and resume.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.scale import to_network
from pix2pix.base.seeds import derive
from pix2pix.data.labels import NO_CLASS
from pix2pix.data.order import shuffled

Photos = NDArray[np.uint8]
ClassMaps = NDArray[np.uint8]

# The least and the largest factor of enlargement: streets are photographed from near and far.
SCALES = (0.75, 1.33)
# One side is stretched against the other by a factor from exp(-_STRETCH) to exp(_STRETCH).
_STRETCH = 0.1
# How much brightness, contrast and the strength of each colour vary, because streets are photographed in all weathers.
LIGHT = 0.25
COLOUR = 0.2
# The class of pixels outside the photo, and of those that have no class. The loss ignores them.
OUTSIDE = -1


class Views:
    """The batches of the segmenter: `photo`, float32 `(steps, batch, crop, crop, 3)` around [-1, 1], and `classes`."""

    def __init__(self, photos: Photos, classes: ClassMaps, crop: int, batch_size: int, seed: int) -> None:
        """Take the photos and their class maps.

        Args:
            photos: uint8 `(n, height, width, 3)`.
            classes: the class ids of their pixels, uint8 `(n, height, width)`.
            crop: the side of a view in pixels, at most the smaller side of the photos.
            batch_size: the number of views in a batch; the last batch of an epoch holds the rest.
            seed: the seed of the run.
        """
        self._photos, self._classes, self._batch_size, self._seed = photos, classes, batch_size, seed
        self._crop = min(crop, *photos.shape[1:3])
        self._seeds = derive(seed, "segmenter view"), derive(seed, "segmenter light")

    def __call__(self, epoch: int, windows: Sequence[range]) -> Iterator[dict[str, tf.Tensor]]:
        """Yield an epoch's windows, see `training.source.Source`; `classes` are int32 `(steps, batch, crop, crop)`."""
        batches = iter(self._epoch(epoch, windows))
        for window in windows:
            photos, classes = zip(*islice(batches, len(window)), strict=True)
            yield {"photo": tf.stack(photos), "classes": tf.stack(classes)}

    def _epoch(self, epoch: int, windows: Sequence[range]) -> tf.data.Dataset:
        """Return the batches of an epoch that the windows ask for."""
        count, size = len(self._photos), self._batch_size
        order = shuffled(count, count, self._seed, epoch)
        asked = [np.arange(each.start * size, min(each.stop * size, count)) for each in windows]
        places = np.concatenate([np.arange(0), *asked])
        dataset = tf.data.Dataset.from_tensor_slices(((epoch * count + np.arange(count))[places], order[places]))
        views = dataset.map(self._view, num_parallel_calls=2, deterministic=True)
        return views.batch(self._batch_size).prefetch(2)

    def _view(self, position: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Draw one view of a photo, with its class map."""
        size, crop = self._photos.shape[1:3], self._crop
        view_seed, light_seed = self._seeds
        photo, classes = tf.numpy_function(self._read, [index], [tf.uint8, tf.uint8])
        photo, classes = tf.ensure_shape(photo, [*size, 3]), tf.ensure_shape(classes, size)
        box = _view(size, crop, tf.stack([view_seed, position]))
        photo = tf.image.crop_and_resize(photo[None], box, [0], [crop, crop], "bilinear", 127.5)[0]
        classes = tf.image.crop_and_resize(classes[None, ..., None], box, [0], [crop, crop], "nearest", OUTSIDE)[0]
        classes = tf.cast(classes[..., 0], tf.int32)
        classes = tf.where(tf.equal(classes, NO_CLASS), OUTSIDE, classes)
        return _lit(to_network(photo), tf.stack([light_seed, position])), classes

    def _read(self, index: np.int64) -> tuple[Photos, ClassMaps]:
        return self._photos[index], self._classes[index]


def _view(size: tuple[int, ...], crop: int, seed: tf.Tensor) -> tf.Tensor:
    """Draw the part of a photo of (height, width) that fills `crop` pixels on each side.

    It is enlarged or reduced, stretched, mirrored, and lies anywhere.

    Returns:
        float32 `(1, 4)`, [top, left, bottom, right]. As in `tf.image.crop_and_resize`, 0 is the middle of the first
        pixel and 1 the middle of the last. If left lies beyond right, the view is mirrored. A view that is larger than
        the photo contains the whole photo.
    """
    draws = tf.random.stateless_uniform([5], seed, alg="philox")
    low, high = np.log(SCALES)
    stretch = tf.stack([_STRETCH, -_STRETCH]) * (2 * draws[1] - 1)
    shares = tf.constant([(crop - 1) / (side - 1) for side in size])
    sides = shares / tf.exp(low + (high - low) * draws[0] + stretch)
    start = (1 - sides) * draws[2:4]
    (top, left), (bottom, right) = tf.unstack(start), tf.unstack(start + sides)
    mirrored = draws[4] < 0.5
    return tf.stack([[top, tf.where(mirrored, right, left), bottom, tf.where(mirrored, left, right)]])


def _lit(photo: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Show a photo in another light: float32 `(height, width, 3)` around [-1, 1], to the same shape."""
    draws = tf.random.stateless_uniform([5], seed, -1, 1, alg="philox")
    return photo * (1 + LIGHT * draws[0]) * (1 + COLOUR * draws[2:]) + LIGHT * draws[1]
