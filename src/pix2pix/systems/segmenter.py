"""The segmenter: one player that learns to read class maps out of photos (Long, Shelhamer & Darrell 2015)."""

from collections.abc import Collection, Mapping

import keras
import numpy as np
import tensorflow as tf

from pix2pix.base.seeds import derive
from pix2pix.data.labels import Palette
from pix2pix.data.views import OUTSIDE, ClassMaps
from pix2pix.networks.segmenter import segmenter
from pix2pix.params import Segmenter as Settings
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Pictures, Player, Verdicts

_CURVES = (
    Curve("segmenter_loss", "Loss of the segmenter", "segmenter", "loss", "Loss", "weighted cross-entropy"),
    Curve(
        "segmenter_gradient_norm", "Gradient of the segmenter", "segmenter", "gradient", "Gradient", "segmenter",
        "Its norm, on a logarithmic scale.", logarithmic=True,
    ),
)  # fmt: skip
# Of AdamW (Loshchilov & Hutter 2019); of the kernels only.
_WEIGHT_DECAY = 0.05


class Segmenter:
    """See `training.system.System`. Batches have the fields `photo` and `classes`; `logits` are made of them."""

    def __init__(self, settings: Settings, palette: Palette, classes: ClassMaps, steps: int, seed: int) -> None:
        """The network with its first weights, and its optimiser.

        Args:
            settings: the `segmenter` section.
            palette: the classes.
            classes: the class maps it is trained on, uint8 `(n, height, width)`: rare classes weigh more.
            steps: of an epoch.
            seed: of the run.

        Raises:
            DataError: see `networks.segmenter`.
        """
        model = segmenter(len(palette), settings.filters, seed, settings.backbone, settings.weights)
        optimizer = _optimizer(settings, steps)
        optimizer.build(model.trainable_variables)
        self._model, self._weights = model, class_weights(classes, palette)
        self.players: Mapping[str, Player] = {"segmenter": Player((model,), optimizer, learning_rate=None, makes=True)}
        self.moves: tuple[tuple[str, ...], ...] = (("segmenter",),)
        self.memory: Mapping[str, tf.Variable] = {}
        self.curves: tuple[Curve, ...] = _CURVES
        self.products: Mapping[str, keras.Model] = {"segmenter": model}

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Class logits for each photo."""
        draw.dropout(self._model)
        return {"logits": self._model(batch["photo"], training=True)}

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:  # noqa: ARG002
        """Nobody judges: the loss compares with the true classes."""
        return {}

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:  # noqa: ARG002
        """Cross-entropy of each pixel, weighted by its class."""
        loss = weighted_cross_entropy(batch["classes"], made["logits"], self._weights)
        return {"total": loss, "segmenter_loss": loss}


def draw_seed(seed: int) -> int:
    """The seed of the segmenter's dropout masks, from the run's."""
    return derive(seed, "segmenter")


def _optimizer(settings: Settings, steps: int) -> keras.optimizers.Optimizer:
    """AdamW: up to the learning rate within an epoch, then down to 0 along a cosine."""
    rate = settings.learning_rate
    schedule = keras.optimizers.schedules.CosineDecay(
        rate / steps, max((settings.epochs - 1) * steps, 1), warmup_target=rate, warmup_steps=steps
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=_WEIGHT_DECAY, name="segmenter_adamw")
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def class_weights(classes: ClassMaps, palette: Palette) -> tf.Tensor:
    """One over the square root of a class's share: rare classes count, without drowning the common ones.

    Args:
        classes: class ids, uint8 of any shape.
        palette: the classes.

    Returns:
        float32 `(classes,)`; their mean over the pixels is 1. A class without a pixel has 0.
    """
    shares = palette.shares(classes)
    weights = np.where(shares > 0, 1 / np.sqrt(np.maximum(shares, 1e-12)), 0)
    return tf.constant(weights / (weights * shares).sum(), tf.float32)


def weighted_cross_entropy(classes: tf.Tensor, logits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The cross-entropy of each pixel times the weight of its class, as a mean over all pixels.

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
