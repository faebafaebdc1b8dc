"""The use of a trained generator that makes pictures from noise."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.scale import from_network
from pix2pix.base.seeds import derive
from pix2pix.networks.inference import InUse, constants
from pix2pix.networks.portable import portable
from pix2pix.networks.precision import Precision


def noise(size: int, seed: int, number: int = 0) -> NDArray[np.float32]:
    """Return the noise of picture `number` (from 0) of a seed, float32 `(size,)` from N(0, 1)."""
    random = np.random.default_rng([derive(seed, "noise"), number])
    return random.standard_normal(size).astype(np.float32)


def _inputs(given: Sequence[tf.Tensor]) -> tf.Tensor | list[tf.Tensor]:
    """Return what a network is called with: its one input, or a list of several."""
    return given[0] if len(given) == 1 else list(given)


class SamplerInUse(InUse):
    """A trained generator in use: noise, and perhaps a class, in; a picture out. Any thread may call it.

    BatchNorm normalises by the moving averages of the training, as is usual for DCGAN (Foster 2023, chapter 4), so a
    picture depends on its noise alone, and never on the pictures that are made with it.
    """

    def __init__(self, trained: keras.Model, bits: int = 8, precision: Precision = "float32") -> None:
        """Copy the weights of a trained generator, which no use changes.

        Args:
            trained: a network from noise, see `networks.generators.from_noise`.
            bits: 8 or 16 for a value of the pictures that are made.
            precision: in which it computes; see `inference_form`.
        """
        super().__init__(trained, bits, moving_averages=True, precision=precision)
        # Traced without autograph, which only looks for Python's `if` and `for` on tensors, and takes its time.
        self._run = tf.function(self._made, autograph=False)

    def _made(self, *given: tf.Tensor) -> tf.Tensor:
        return from_network(self._model(_inputs(given), training=False), self._bits)

    def __call__(self, noise: NDArray[np.float32], class_id: int | None = None) -> NDArray[Any]:
        """Make a picture.

        Args:
            noise: float32 `(size,)`.
            class_id: the class of the picture, for a network that reads one.

        Returns:
            uint8 or, of 16 bits, uint16 `(height, width, channels)`.
        """
        classes = [] if class_id is None else [tf.constant([class_id], tf.int32)]
        return self._run(tf.constant(noise[None]), *classes)[0].numpy()

    def frozen(self) -> Callable[..., tf.Tensor]:
        """Return a function for graphs, with the weights as constants.

        Returns:
            A function of noise, float32 `(n, size)`, and, if the network reads classes, of class ids, int32 `(n,)`.
        """
        model = portable(self._model)
        weights = constants(model)

        def run(*given: tf.Tensor) -> tf.Tensor:
            answer, _ = model.stateless_call(*weights, _inputs(given), training=False)
            return from_network(answer, self._bits)

        return run
