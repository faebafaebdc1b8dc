"""Who computes the replicas of a step: one device, the devices of a machine, or several machines."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

import tensorflow as tf

from pix2pix.base.errors import UsageError, number_of
from pix2pix.training import cluster
from pix2pix.training.cluster import CONFIG, Cluster

T = TypeVar("T")


@dataclass(frozen=True)
class Layout:
    """Devices that share the replicas of a step.

    Attributes:
        strategy: TensorFlow's strategy, which knows the devices.
        devices: the number of devices of each process.
        cluster: the processes.
        idle: the number of other devices of this machine, which have nothing to do.
    """

    strategy: tf.distribute.Strategy
    devices: int = 1
    cluster: Cluster = field(default_factory=Cluster)
    idle: int = 0

    def words(self, replicas: int) -> str:
        """Say who computes the replicas of a step."""
        working = self.devices * self.cluster.processes
        said = f"a step has {replicas} replicas, {replicas // working} on each of {number_of(working, 'device')}"
        return f"{said}; {self.idle} more of this machine's devices would make unequal shares" if self.idle else said

    @property
    def alone(self) -> bool:
        """Whether this is the only process."""
        return self.cluster.processes == 1

    @property
    def chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.cluster.process == 0

    def own(self, replicas: int) -> range:
        """Return the replicas that this process computes."""
        share = replicas // self.cluster.processes
        return range(self.cluster.process * share, (self.cluster.process + 1) * share)

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
            first = self._place() * each
            for number in range(first, min(first + each, count)):
                before = tf.nest.flatten(done[number - 1]) if number > first else []
                with tf.control_dependencies(before):
                    done[number] = work(number)

        self.strategy.run(on_device)
        return [done[number] for number in range(count)]

    def _place(self) -> int:
        """Return the number of the device, within this process, whose part of the graph is being made."""
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        return int(tf.get_static_value(number)) % self.devices

    def gathered(self, rows: tf.Tensor) -> tf.Tensor:
        """Return the rows of all processes, one process after the other.

        All processes have to call this in the same order, with rows of the same shape.

        Args:
            rows: a tensor whose first size is a multiple of `devices`.

        Raises:
            PeerLostError: another process is gone.
        """
        if self.alone:
            return rows
        with cluster.waiting("the others to do their part of a step"):
            found = _gather(self)(rows)
            tf.reshape(found, [-1])[:1].numpy()  # a GPU may still be waiting for it
        return found

    def agreed(self, asked: signal.Signals | None, due: bool) -> tuple[signal.Signals | None, bool]:
        """Return the signal that any process got, and whether anything is due for any of them."""
        if self.alone:
            return asked, due
        told = tf.reduce_max(self._told([int(asked or 0), int(due)]), axis=0).numpy()
        return signal.Signals(int(told[0])) if told[0] else None, bool(told[1])

    def same(self, number: int) -> bool:
        """Whether all processes say the same number."""
        return self.alone or len({*self._told([number])[:, 0].numpy().tolist()}) == 1

    def _told(self, numbers: list[int]) -> tf.Tensor:
        """Return the numbers of all processes, int64 `(processes, numbers)`."""
        rows = tf.constant([numbers] * self.devices, tf.int64)
        return self.gathered(rows)[:: self.devices]


@cache
def _gather(layout: Layout) -> Callable[[tf.Tensor], tf.Tensor]:
    def gather(rows: tf.Tensor) -> tf.Tensor:
        each = rows.shape[0] // layout.devices

        def on_device() -> tf.Tensor:
            first = layout._place() * each
            return tf.distribute.get_replica_context().all_gather(rows[first : first + each], axis=0)

        return layout.strategy.experimental_local_results(layout.strategy.run(on_device))[0]

    return tf.function(gather, autograph=False)


@cache
def layout(replicas: int) -> Layout:
    """Return the layout for this many replicas.

    With several processes, call it before TensorFlow does anything. On one machine as many devices work as there are,
    and as divide the replicas into equal shares.

    Raises:
        UsageError: the processes of `TF_CONFIG` cannot share the replicas equally.
    """
    there = cluster.cluster()
    if replicas == 1 and there.process:
        raise UsageError(f"{CONFIG}: with `replicas: 1` the first process trains alone; start no other one")
    if replicas == 1:
        return Layout(tf.distribute.get_strategy())
    return _of_processes(replicas, there) if there.processes > 1 else _of_devices(replicas)


def _of_devices(replicas: int) -> Layout:
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    found = tf.config.list_logical_devices(kind)
    devices = next(number for number in range(min(len(found), replicas), 0, -1) if replicas % number == 0)
    names = [each.name for each in found[:devices]]
    strategy = tf.distribute.MirroredStrategy(names) if devices > 1 else tf.distribute.get_strategy()
    return Layout(strategy, devices, idle=len(found) - devices)


def _of_processes(replicas: int, there: Cluster) -> Layout:
    if replicas % there.processes:
        raise UsageError(
            f"{CONFIG} names {there.processes} processes, and they cannot share {replicas} replicas equally: change "
            "`replicas` in params.yaml, or the number of processes"
        )
    strategy = cluster.strategy()
    if replicas % strategy.num_replicas_in_sync:
        raise UsageError(
            f"{strategy.num_replicas_in_sync} GPUs of {there.processes} processes cannot share {replicas} replicas "
            "equally: change `replicas` in params.yaml, or show fewer GPUs with CUDA_VISIBLE_DEVICES"
        )
    return Layout(strategy, strategy.num_replicas_in_sync // there.processes, there)
