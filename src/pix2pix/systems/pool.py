"""A pool of earlier pictures, so that a discriminator does not only see the newest ones (Shrivastava et al. 2017)."""

from collections.abc import Mapping

import keras
import tensorflow as tf

from pix2pix.training.draw import Draw


class Pool:
    """Earlier pictures, which `exchanged` gives back instead of new ones, as the code of CycleGAN does.

    Attributes:
        memory: the variables that have to survive a kill; none for a pool of 0 pictures.
    """

    def __init__(self, name: str, size: int, shape: tuple[int, ...]) -> None:
        """Make an empty pool.

        Args:
            name: the name of the pool, which also decides its draws.
            size: the number of pictures that it holds; 0 for a pool that gives back what it is given.
            shape: the shape of a picture, `(height, width, channels)`.
        """
        self._name, self._size = name, size
        self.memory: Mapping[str, keras.Variable] = {}
        if size:
            self._pictures = keras.Variable(tf.zeros((size, *shape)), trainable=False, name=name)
            self._filled = keras.Variable(0, trainable=False, dtype="int64", name=f"{name}_filled")
            self.memory = {name: self._pictures, f"{name}_filled": self._filled}

    def exchanged(self, pictures: tf.Tensor, draw: Draw) -> tf.Tensor:
        """Put pictures into the pool, one after the other, and return the pictures to judge.

        While the pool is not full, a picture is kept, and is returned. Then it is returned with a probability of 1/2;
        otherwise it takes the place of a random picture, and that one is returned.

        Args:
            pictures: float32 `(batch, height, width, channels)`.
            draw: the randomness of the step.

        Returns:
            float32 of the same shape, without a gradient.
        """
        pictures = tf.stop_gradient(pictures)
        if not self._size:
            return pictures
        draws = draw.uniform(self._name, (pictures.shape[0], 2))
        return tf.stack([self._one(pictures[number], draws[number]) for number in range(pictures.shape[0])])

    def _one(self, picture: tf.Tensor, drawn: tf.Tensor) -> tf.Tensor:
        """Put one picture into the pool; `drawn` has two numbers from [0, 1)."""
        # Values go in and out, and nothing is changed in place, so that a replica can have a pool of its own.
        pictures, filled = tf.convert_to_tensor(self._pictures), tf.convert_to_tensor(self._filled)
        full = filled >= self._size
        place = tf.where(full, tf.cast(drawn[1] * self._size, tf.int64), filled)
        swapped = tf.logical_and(full, drawn[0] > 0.5)
        earlier = tf.gather(pictures, place)
        kept = tf.where(tf.logical_or(swapped, ~full), picture, earlier)
        self._pictures.assign(tf.tensor_scatter_nd_update(pictures, [[place]], [kept]))
        self._filled.assign(tf.minimum(filled + 1, self._size))
        return tf.where(swapped, earlier, picture)
