"""The classifier: one player that learns to read the class of a whole picture."""

from collections.abc import Collection, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf

from pix2pix.base.seeds import derive
from pix2pix.networks.classifier import classifier
from pix2pix.networks.precision import computing_in
from pix2pix.params import Segmenter as Settings
from pix2pix.systems.readers import PRODUCT, adamw
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Pictures, Player, Verdicts

_CURVES = (
    Curve("classifier_loss", "classifier", "loss"),
    Curve("classifier_gradient_norm", "classifier", "gradient"),
)


class Classifier:
    """The classifier as a `training.system.System`. It makes `logits` from batches with `photo` and `class`."""

    def __init__(self, settings: Settings, size: tuple[int, int], counts: Sequence[int], steps: int, seed: int) -> None:
        """Make the network with its first weights, and its optimiser.

        Args:
            settings: the `segmenter` section, of which `crop` has no effect.
            size: height and width of the photos, in pixels.
            counts: the number of training photos of each class, by class id, which decide the class weights.
            steps: the number of steps in an epoch.
            seed: the seed of the run.
        """
        model = computing_in(settings.precision, classifier(size, len(counts), settings.filters, seed))
        optimizer = adamw(settings, steps, "classifier_adamw")
        optimizer.build(model.trainable_variables)
        self._model, self._weights = model, tf.constant(class_weights(counts), tf.float32)
        self.players: Mapping[str, Player] = {"classifier": Player((model,), optimizer, learning_rate=None, makes=True)}
        self.moves: tuple[tuple[str, ...], ...] = (("classifier",),)
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
        """Return the mean cross-entropy of the photos, each times the weight of its class."""
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(batch["class"], made["logits"])
        loss = tf.reduce_mean(entropy * tf.gather(self._weights, batch["class"]))
        return {"total": loss, "classifier_loss": loss}


def draw_seed(seed: int) -> int:
    """Return the seed of the classifier's dropout masks and views, which follows from the run's seed."""
    return derive(seed, "classifier")


def class_weights(counts: Sequence[int]) -> np.ndarray:
    """Return the weight of each class, float64 `(classes,)`: all classes together count alike.

    The weight is one over the class's share, divided by the number of classes (King & Zeng 2001), so that the mean over
    the photos is 1.

    Args:
        counts: the number of photos of each class, at least 1.
    """
    return sum(counts) / (len(counts) * np.asarray(counts, np.float64))
