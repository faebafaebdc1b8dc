"""Windows of steps: several steps in one call, each with its own batch."""

from collections.abc import Iterator, Mapping

import tensorflow as tf

from pix2pix.base import hardware
from pix2pix.base.scale import scaled
from pix2pix.training.draw import Draw
from pix2pix.training.plan import Plan
from pix2pix.training.play import play
from pix2pix.training.source import Source
from pix2pix.training.system import Batch, Losses, System


class Windows:
    """A system's step as a TensorFlow graph, for one batch or for several batches in turn."""

    def __init__(self, system: System, seed: int, compiled: bool = False) -> None:
        """Prepare the graphs.

        Args:
            system: the system to train.
            seed: the seed of the run; see `Draw`.
            compiled: whether XLA compiles a window into one program. Its results differ in the last bits, and it draws
                other random numbers from the same seed. After `make_deterministic` it uses deterministic kernels.
        """
        self._system, self._seed = system, seed
        # A single step and a window have a graph each. A single step needs no loop, which would make the start longer.
        # One function for both would use the graph that was traced first, which under XLA changes the last bits.
        # No step branches on the value of a tensor, so AutoGraph would only take time to convert the source.
        self._single = tf.function(self._one, autograph=False, jit_compile=compiled)
        self._several = tf.function(self._each, autograph=False, jit_compile=compiled)

    def fed(self, source: Source, plan: Plan, epoch: int, skip: int) -> Iterator[Batch]:
        """Yield the windows of an epoch (from 0), without the first `skip` steps."""
        return source(epoch, plan.windows(hardware.steps_a_call(), skip))

    def __call__(self, window: Batch, first: int) -> Losses:
        """Do one step for each batch of a window, one after the other.

        Args:
            window: fields `(steps, batch, …)`; a field of uint8 or uint16 holds pictures.
            first: the number of the first step, from 0.

        Returns:
            float32 `(steps,)` by the keys of the system's curves.
        """
        number = tf.constant(first, tf.int64)
        if next(iter(window.values())).shape[0] == 1:
            return self._single(window, number)
        # This signature gives one graph for windows of any length.
        signature = {name: tf.TensorSpec([None, *field.shape[1:]], field.dtype) for name, field in window.items()}
        return self._several.get_concrete_function(signature, number)(window, number)

    def _one(self, window: Batch, number: tf.Tensor) -> Losses:
        losses = self._step({name: field[0] for name, field in window.items()}, number)
        return {name: loss[None] for name, loss in losses.items()}

    def _each(self, window: Batch, first: tf.Tensor) -> Losses:
        steps = tf.shape(next(iter(window.values())), tf.int64)[0]
        return tf.map_fn(
            lambda given: self._step(*given),
            (window, first + tf.range(steps)),
            parallel_iterations=1,
            fn_output_signature={curve.key: tf.TensorSpec([], tf.float32) for curve in self._system.curves},
        )

    def _step(self, batch: Mapping[str, tf.Tensor], number: tf.Tensor) -> Losses:
        return play(self._system, scaled(batch), Draw(self._seed, number))
