"""The classifier: one player that learns to read the class of a whole picture."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from pix2pix.base.seeds import derive
from pix2pix.networks.classifier import classifier
from pix2pix.networks.precision import computing_in
from pix2pix.params import Segmenter as Settings
from pix2pix.systems.photo_reader import PhotoReader
from pix2pix.training.system import Batch, Losses, Pictures, Verdicts


class Classifier(PhotoReader):
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
        super().__init__("classifier", model, settings, steps)
        self._weights = tf.constant(class_weights(counts), tf.float32)

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
