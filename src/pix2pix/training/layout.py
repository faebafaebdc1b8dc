"""Who computes the replicas of a step: one device, the devices of a machine, or several machines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import tensorflow as tf

T = TypeVar("T")


@dataclass(frozen=True)
class Layout:
    """Devices that share the replicas of a step.

    Attributes:
        strategy: TensorFlow's strategy, which knows the devices.
        devices: the number of devices of this process.
    """

    strategy: tf.distribute.Strategy
    devices: int = 1

    def own(self, replicas: int) -> range:
        """Return the replicas that this process computes."""
        return range(replicas)

    def spread(self, work: Callable[[int], T], count: int, own: int) -> list[T]:
        """Do pieces of work on the devices of this process: neighbours on one device, one after the other.

        Args:
            work: a function of the number of a piece, from 0.
            count: the number of pieces.
            own: the number of pieces that the devices share when none is missing.
        """
        done: dict[int, T] = {}
        each = own // self.devices

        def on_device() -> None:
            context = tf.distribute.get_replica_context()
            first = int(tf.get_static_value(context.replica_id_in_sync_group)) % self.devices * each
            for number in range(first, min(first + each, count)):
                before = tf.nest.flatten(done[number - 1]) if number > first else []
                with tf.control_dependencies(before):
                    done[number] = work(number)

        self.strategy.run(on_device)
        return [done[number] for number in range(count)]


def layout(replicas: int) -> Layout:
    """Return the layout for this many replicas on the devices of this machine.

    As many devices work as there are, and as divide the replicas into equal shares.
    """
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    there = tf.config.list_logical_devices(kind)
    devices = next(number for number in range(min(len(there), replicas), 0, -1) if replicas % number == 0)
    if devices == 1:
        return Layout(tf.distribute.get_strategy())
    return Layout(tf.distribute.MirroredStrategy([each.name for each in there[:devices]]), devices)
