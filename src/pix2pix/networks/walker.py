"""The use of a network that goes the way from a picture to its answer in a stated number of steps."""

import copy
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.scale import from_network, to_network
from pix2pix.base.seeds import derive
from pix2pix.networks.flow import place, seen, solved, strides, velocity
from pix2pix.networks.inference import InUse, constants
from pix2pix.networks.portable import portable
from pix2pix.networks.precision import Precision
from pix2pix.params.walk import Walk


class WalkerInUse(InUse):
    """A trained network in use: it takes one picture and gives one, as `GeneratorInUse`. Any thread may call it."""

    def __init__(
        self, trained: keras.Model, walk: Walk, is_label: bool, bits: int = 8, precision: Precision = "float32"
    ) -> None:
        """Copy the weights of a trained network, which no use changes.

        Args:
            trained: see `networks.generators.timed_unet`.
            walk: the noise at the start, with which the network was trained, and the steps.
            is_label: whether the pictures that it takes are label maps.
            bits: 8 or 16 for a value of the pictures that are made.
            precision: in which it computes; see `inference_form`.
        """
        super().__init__(trained, bits, precision=precision)
        self._walk, self._is_label = walk, is_label
        # One evaluation is a graph, and not all of them together, so that many steps are ready as soon as few.
        self._answer = tf.function(lambda *given: self._model([*given], training=False), autograph=False)

    def going(self, walk: Walk) -> "WalkerInUse":
        """Return the same network with other steps."""
        other = copy.copy(self)
        other._walk = walk
        return other

    def __call__(self, picture: NDArray[Any], seed: int) -> NDArray[Any]:
        """Translate an input to a target, from the noise of `seed`.

        Args:
            picture: uint8 or uint16 `(height, width, channels)`.
            seed: of the noise.

        Returns:
            uint8 or, of 16 bits, uint16 `(height, width, channels)`.
        """
        return self._made(self._answer, tf.constant(picture[None]), seed)[0].numpy()

    def frozen(self, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
        """Return a function that translates any number of pictures, from the noise of `seed`; see `GeneratorInUse`."""
        model = portable(self._model)
        weights = constants(model)

        def run(pictures: tf.Tensor) -> tf.Tensor:
            # They are constants of the graph, made once for all steps.
            fixed = [[tf.constant(weight) for weight in each] for each in weights]

            def answer(*given: tf.Tensor) -> tf.Tensor:
                return model.stateless_call(*fixed, [*given], training=False)[0]

            return self._made(answer, pictures, seed)

        return run

    def _made(self, network: Callable[..., tf.Tensor], pictures: tf.Tensor, seed: int) -> tf.Tensor:
        given, noise = to_network(pictures), self._walk.noise
        where = place(given, self._model.output_shape[-1], self._is_label)

        def slope(state: tf.Tensor, time: float) -> tf.Tensor:
            answer = network(seen(state, where, time, noise), tf.fill([tf.shape(state)[0], 1], time), given)
            return velocity(answer, state, where, time, noise)

        way = strides(self._walk.solver, self._walk.steps)
        return from_network(solved(slope, where + noise * self._drawn(seed), way), self._bits)

    def _drawn(self, seed: int) -> NDArray[np.float32]:
        """Return the noise of a seed, the same for every picture, `(1, height, width, channels)`."""
        random = np.random.default_rng(derive(seed, "start"))
        return random.standard_normal((1, *self._model.output_shape[1:])).astype(np.float32)
