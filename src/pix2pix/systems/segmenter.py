"""The segmenter: one player that learns to read class maps out of photos (Long, Shelhamer & Darrell 2015)."""

from collections.abc import Collection, Mapping

import keras
import numpy as np
import tensorflow as tf

from pix2pix.base.seeds import derive
from pix2pix.data.labels import Palette
from pix2pix.data.views import OUTSIDE, ClassMaps
from pix2pix.networks.precision import computing_in
from pix2pix.networks.segmenter import segmenter
from pix2pix.params import Segmenter as Settings
from pix2pix.systems.readers import PRODUCT, adamw
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Pictures, Player, Verdicts

_CURVES = (
    Curve("segmenter_loss", "segmenter", "loss"),
    Curve("segmenter_gradient_norm", "segmenter", "gradient"),
)


class Segmenter:
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
        optimizer = adamw(settings, steps, "segmenter_adamw")
        optimizer.build(model.trainable_variables)
        self._model, self._weights = model, class_weights(classes, palette)
        self.players: Mapping[str, Player] = {"segmenter": Player((model,), optimizer, learning_rate=None, makes=True)}
        self.moves: tuple[tuple[str, ...], ...] = (("segmenter",),)
        self.memory: Mapping[str, tf.Variable] = {}
        self.curves: tuple[Curve, ...] = _CURVES
        self.products: Mapping[str, keras.Model] = {PRODUCT: model}

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Compute the class logits of each photo."""
        draw.dropout(self._model)
        return {"logits": self._model(batch["photo"], training=True)}

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:  # noqa: ARG002
        """Return nothing: no player judges, because the loss compares with the true classes."""
        return {}

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
