"""The randomness of a step. It is a function of (seed, purpose, step), so nothing of it has to be saved."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf
from keras import layers

from pix2pix.base.seeds import derive


@dataclass(frozen=True)
class Draw:
    """The random numbers of one step.

    Attributes:
        seed: the seed of the run.
        step: the number of the step from 0, an int64 scalar.
    """

    seed: int
    step: tf.Tensor

    def dropout(self, model: keras.Model) -> None:
        """Set the dropout masks of the model's next call. They follow from the seed, the layer's name and the step."""
        for layer in model.layers:
            if isinstance(layer, layers.Dropout):
                state = layer.seed_generator.state
                seed = tf.constant(derive(self.seed, layer.name), state.dtype)
                state.assign(tf.stack([seed, tf.cast(self.step, state.dtype)]))

    def uniform(self, purpose: str, shape: Sequence[int]) -> tf.Tensor:
        """Draw float32 numbers from [0, 1). They follow from the seed, the purpose and the step."""
        seed = tf.stack([tf.constant(derive(self.seed, purpose), tf.int64), tf.cast(self.step, tf.int64)])
        return tf.random.stateless_uniform(shape, seed)
