"""The randomness of a step. It is a function of (seed, purpose, step, move), so nothing of it has to be saved."""

from dataclasses import dataclass, replace

import keras
import tensorflow as tf

from pix2pix.base.seeds import derive
from pix2pix.networks.inference import dropout_layers


@dataclass(frozen=True)
class Draw:
    """The random numbers of one step.

    Attributes:
        seed: the seed of the run.
        step: the number of the step from 0, an int64 scalar.
        move: the number of the move from 0, so that no two moves of a step have the same numbers.
    """

    seed: int
    step: tf.Tensor
    move: int = 0

    def of(self, move: int) -> "Draw":
        """Return the random numbers of a move of this step."""
        return replace(self, move=move)

    def dropout(self, model: keras.Model, name: str = "") -> None:
        """Set the dropout masks and the noise of the model's next calls.

        They follow from the seed, the layer's name and the step. Models whose layers have equal names need a name each,
        or they have equal masks.
        """
        for layer in dropout_layers(model):
            state = layer.seed_generator.state
            state.assign(self._key(f"{name}/{layer.name}" if name else layer.name, state.dtype))

    def uniform(self, purpose: str, shape: tf.Tensor) -> tf.Tensor:
        """Return float32 numbers from U[0, 1); `shape` is a list or a tensor of sizes."""
        return tf.random.stateless_uniform(shape, self._key(purpose, "int64"), alg="philox")

    def normal(self, purpose: str, shape: tf.Tensor) -> tf.Tensor:
        """Return float32 numbers from N(0, 1); `shape` is a list or a tensor of sizes."""
        return tf.random.stateless_normal(shape, self._key(purpose, "int64"), alg="philox")

    def _key(self, purpose: str, dtype: str) -> tf.Tensor:
        """Return the seed of a purpose, and the step."""
        named = f"{purpose}/move {self.move}" if self.move else purpose
        return tf.stack([tf.constant(derive(self.seed, named), dtype), tf.cast(self.step, dtype)])
