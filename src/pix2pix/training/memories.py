"""The memory of a system, such as earlier pictures, for each replica of its own."""

from collections.abc import Iterable, Mapping

import keras
import tensorflow as tf

from pix2pix.training.layout import Layout


class Memories:
    """The memories of all replicas. The first one is that of the system itself.

    A memory changes with every batch. If all replicas shared one, each would have to wait for the one before it.
    """

    def __init__(self, memory: Mapping[str, keras.Variable], replicas: int) -> None:
        """Give every replica the memory of a system that has just been made."""
        self._names = list(memory)
        self._all = [list(memory.values()), *(_copies(memory.values()) for _ in range(replicas - 1))]

    def of(self, replica: int) -> list[tf.Tensor]:
        """Return the values of a replica's memory (from 0), in the order of `System.memory`."""
        return [tf.convert_to_tensor(each) for each in self._all[replica]]

    def keep(self, replica: int, values: list[tf.Tensor]) -> None:
        """Remember these values for a replica."""
        for variable, value in zip(self._all[replica], values, strict=True):
            variable.assign(value)

    def gather(self, layout: Layout) -> None:
        """Bring the memories of all processes to each of them, so that one can save them all."""
        own = layout.own(len(self._all))
        for place in range(len(self._names)) if not layout.alone else ():
            mine = tf.stack([tf.convert_to_tensor(self._all[replica][place]) for replica in own])
            for replica, value in enumerate(tf.unstack(layout.gathered(mine))):
                self._all[replica][place].assign(value)

    def parts(self) -> dict[str, keras.Variable]:
        """Return the memories of all replicas but the first, by their names in a checkpoint."""
        return {
            f"{name}_replica_{number}": variable
            for number, variables in enumerate(self._all[1:], start=1)
            for name, variable in zip(self._names, variables, strict=True)
        }


def _copies(memory: Iterable[keras.Variable]) -> list[keras.Variable]:
    return [keras.Variable(tf.identity(each), trainable=False, dtype=each.dtype, name=each.name) for each in memory]
