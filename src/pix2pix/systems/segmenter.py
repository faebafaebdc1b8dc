"""The segmenter: one player that learns to read class maps out of photos (Long, Shelhamer & Darrell 2015)."""

import numpy as np
import tensorflow as tf

from pix2pix.base.seeds import derive
from pix2pix.data.labels import Palette
from pix2pix.data.views import OUTSIDE, ClassMaps
from pix2pix.networks.precision import computing_in
from pix2pix.networks.segmenter import segmenter
from pix2pix.params import Segmenter as Settings
from pix2pix.systems.photo_reader import PhotoReader
from pix2pix.training.system import Batch, Losses, Pictures, Verdicts


class Segmenter(PhotoReader):
    """The segmenter as a `training.system.System`. It makes `logits` from batches with `photo` and `classes`."""

    def __init__(self, settings: Settings, palette: Palette, classes: ClassMaps, steps: int, seed: int) -> None:
        """Make the network with its first weights, and its optimiser.

        Args:
            settings: the `segmenter` section.
            palette: the classes.
            classes: the class maps of the training pairs, uint8 `(n, height, width)`, which decide the class weights.
            steps: the number of steps in an epoch.
            seed: the seed of the run.

        Raises:
            DataError: see `networks.segmenter`.
        """
        model = segmenter(len(palette), settings.filters, seed, settings.backbone, settings.weights)
        model = computing_in(settings.precision, model)
        super().__init__("segmenter", model, settings, steps)
        self._weights = class_weights(classes, palette)

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:  # noqa: ARG002
        """Return the cross-entropy of the pixels, weighted by their classes."""
        loss = weighted_cross_entropy(batch["classes"], made["logits"], self._weights)
        return {"total": loss, "segmenter_loss": loss}


def draw_seed(seed: int) -> int:
    """Return the seed of the segmenter's dropout masks, which follows from the run's seed."""
    return derive(seed, "segmenter")


def class_weights(classes: ClassMaps, palette: Palette) -> tf.Tensor:
    """Return one over the square root of each class's share, so that rare classes count without dominating.

    Args:
        classes: class ids, uint8 of any shape.
        palette: the classes.

    Returns:
        float32 `(classes,)`; the mean over the pixels is 1. A class without a pixel has 0.
    """
    shares = palette.shares(classes)
    weights = np.where(shares > 0, 1 / np.sqrt(np.maximum(shares, 1e-12)), 0)
    return tf.constant(weights / (weights * shares).sum(), tf.float32)


def weighted_cross_entropy(classes: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return the mean over all pixels of the cross-entropy times the weight of the pixel's class.

    Args:
        classes: int32 `(batch, height, width)`; `OUTSIDE` counts as 0.
        logits: float `(batch, height, width, classes)`.
        weights: float32 `(classes,)`.

    Returns:
        A scalar.
    """
    there = tf.maximum(classes, 0)
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(there, logits)
    counts = tf.cast(tf.not_equal(classes, OUTSIDE), tf.float32)
    return tf.reduce_mean(entropy * tf.gather(weights, there) * counts)
