"""Randomness of a step: a function of (seed, purpose, step), so that none of it has to be saved."""

from dataclasses import dataclass

import keras
import tensorflow as tf
from keras import layers

from pix2pix.base.seeds import derive


@dataclass(frozen=True)
class Draw:
    """What is drawn at random in one step.

    Attributes:
        seed: of the run.
        step: int64 scalar, from 0.
    """

    seed: int
    step: tf.Tensor

    def dropout(self, model: keras.Model) -> None:
        """Set the masks of the model's next call: each layer's follow from the seed, its name and the step."""
        for layer in model.layers:
            if isinstance(layer, layers.Dropout):
                state = layer.seed_generator.state
                seed = tf.constant(derive(self.seed, layer.name), state.dtype)
                state.assign(tf.stack([seed, tf.cast(self.step, state.dtype)]))
