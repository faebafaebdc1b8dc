"""The moving average of a network's weights, which often makes better pictures than the network itself."""

import keras
import tensorflow as tf


class Average:
    """An exponential moving average (EMA) of a network that is trained (Yazıcı et al. 2019).

    Attributes:
        source: the network that is trained.
        model: the same network with the averaged weights.
    """

    def __init__(self, source: keras.Model, decay: float) -> None:
        """Begin with the weights of the network.

        Args:
            source: the network that is trained.
            decay: the share of the average that is kept at every step, such as 0.999. In the first steps it is less,
                (1 + n) / (10 + n) after n updates, so that the first weights are soon forgotten (as in
                `tf.train.ExponentialMovingAverage`).
        """
        self.source, self._decay = source, decay
        self.model = keras.models.clone_model(source)
        self.begin()

    def begin(self) -> None:
        """Make all weights equal to those of the network."""
        for average, weight in zip(self.model.weights, self.source.weights, strict=True):
            average.assign(weight)

    def follow(self, updates: tf.Tensor) -> None:
        """Move towards the network after an update of it.

        Args:
            updates: the number of updates so far, with this one.
        """
        number = tf.cast(updates, tf.float32)
        kept = tf.minimum(self._decay, (1 + number) / (10 + number))
        learned = {id(weight) for weight in self.source.trainable_weights}
        for average, weight in zip(self.model.weights, self.source.weights, strict=True):
            # The moving statistics of BatchNorm are averages already.
            moved = average + (1 - kept) * (weight - average) if id(weight) in learned else weight
            average.assign(moved)
