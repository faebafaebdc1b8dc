"""Random numbers as losses need them. `training.draw.Draw` gives them."""

from typing import Protocol

import tensorflow as tf


class Chance(Protocol):
    """The random numbers of one move of one step, by their purpose. A shape is a list or a tensor of sizes."""

    def uniform(self, purpose: str, shape: tf.Tensor) -> tf.Tensor:
        """Return float32 numbers from U[0, 1)."""

    def normal(self, purpose: str, shape: tf.Tensor) -> tf.Tensor:
        """Return float32 numbers from N(0, 1)."""
