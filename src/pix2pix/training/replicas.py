"""A step of several batches: each is a replica's, and the players learn once, from the mean of the gradients."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import tensorflow as tf

from pix2pix.training.layout import Layout
from pix2pix.training.memories import Memories
from pix2pix.training.plan import Plan
from pix2pix.training.play import learn
from pix2pix.training.replica import Replica
from pix2pix.training.rows import row, unrow
from pix2pix.training.source import Source
from pix2pix.training.system import Batch, Losses, Pictures, System

# The batches of a step, `(batches, batch, …)`: those of one size together.
Share = Sequence[Batch]


class Replicas:
    """A system's step for `plan.replicas` batches.

    Of R replicas, replica r of step s takes batch s·R + r of the epoch, with the draws of that number. Gradients,
    losses and statistics of the replicas are added in their order and divided by their number, whichever device has
    computed them.
    """

    def __init__(
        self, system: System, seed: int, plan: Plan, memories: Memories, layout: Layout, compiled: bool = False
    ) -> None:
        """Prepare the graphs.

        Args:
            system: the system to train.
            seed: the seed of the run; see `Draw`.
            plan: it says which batches a step has.
            memories: the memories of the replicas.
            layout: who computes.
            compiled: whether XLA compiles the moves; see `Windows`.
        """
        self._system, self._plan, self._memories, self._layout = system, plan, memories, layout
        self._replica = Replica(system, seed, compiled)
        self._own = layout.own(plan.replicas)
        # The tensors that a replica's row has after each move.
        self._structures: dict[int, Any] = {}
        moves = range(len(system.moves))
        self._computed = [tf.function(partial(self._compute, move), autograph=False) for move in moves]
        self._learned = [tf.function(partial(self._learn, move), autograph=False) for move in moves]

    def fed(self, source: Source, plan: Plan, epoch: int, skip: int) -> Iterator[Share]:
        """Yield what this process has to compute of each step of an epoch (from 0), without the first `skip` steps."""
        steps = [self._windows(step) for step in range(skip, plan.steps_an_epoch)]
        windows = source(epoch, [window for step in steps for window in step])
        for step in steps:
            yield list(islice(windows, len(step)))

    def _windows(self, step: int) -> list[range]:
        batches = self._plan.batches(step)
        # A process without a batch computes the last one for nothing, because all have to take part in every exchange.
        return self._plan.of_one_size(batches[self._own.start : self._own.stop] or batches[-1:])

    def __call__(self, share: Share, step: int) -> Losses:
        """Do one step.

        Args:
            share: what `fed` has yielded; a field of uint8 or uint16 holds pictures.
            step: the number of the step, from 0.

        Returns:
            float32 `(1,)` by the keys of the system's curves. A loss is the mean of the replicas' losses, and a
            gradient norm the norm of their mean gradient.
        """
        first, count = tf.constant(step * self._plan.replicas, tf.int64), len(self._plan.batches(step))
        mine = self._own[: sum(next(iter(window.values())).shape[0] for window in share)]
        statistics = [tf.convert_to_tensor(each) for each in self._replica.statistics]
        begun = state = [[*statistics, *self._memories.of(replica)] for replica in mine]
        made: list[Pictures] = [{} for _ in mine]
        measured: Losses = {}
        for computed, learned in zip(self._computed, self._learned, strict=True):
            told, state, made = computed(share, first, begun, state, made)
            measured |= learned(told if self._layout.alone else self._layout.gathered(told), count, statistics)
        for replica, values in zip(mine, state, strict=True):
            if replica < count:
                self._memories.keep(replica, values[len(statistics) :])
        return measured

    def _compute(
        self,
        move: int,
        share: Share,
        first: tf.Tensor,
        begun: Sequence[Any],
        state: Sequence[Any],
        made: Sequence[Pictures],
    ) -> tuple[Any, Any, Any]:
        """Return what the replicas say after a move: their sum, or where there are several processes a row for each.

        Then follow for each replica its state and its pictures.
        """
        batches = list(_batches(share))
        given = [{} if self._replica.makes(move) else each for each in made]
        weights = [tf.convert_to_tensor(each) for each in self._replica.weights]
        draws = [first + replica for replica in self._own]
        values = [(weights, *each) for each in zip(begun, state, batches, draws, given, strict=False)]
        # One graph serves all devices. A call on a device would trace another one there.
        functions = [self._replica.moves[move].get_concrete_function(*each) for each in values]
        count, shares = len(batches), len(self._own)
        outcomes = self._layout.spread(lambda number: functions[number](*values[number]), count, shares)
        told = [
            (each.gradients, each.losses, self._changes(before, each.state))
            for before, each in zip(begun, outcomes, strict=True)
        ]
        pictures = [each.made or before for each, before in zip(outcomes, made, strict=True)]
        self._structures[move] = told[0]
        return self._summed(told), [each.state for each in outcomes], pictures

    def _changes(self, begun: Sequence[tf.Tensor], state: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Return by how much each statistic has changed since the step began: of a frozen weight exactly 0."""
        count = len(self._replica.statistics)
        return [now - before for before, now in zip(begun[:count], state[:count], strict=True)]

    def _summed(self, told: Sequence[Any]) -> Any:
        if self._layout.alone:
            return _in_order(told)
        rows = [row(each) for each in told]
        return tf.stack([*rows, *[tf.zeros_like(rows[0])] * (len(self._own) - len(rows))])

    def _learn(self, move: int, told: Any, count: int, begun: Sequence[tf.Tensor]) -> Losses:
        """Let the players of a move learn from the mean of so many replicas; return what was measured.

        The statistics become their values when the step `begun`, changed by the mean of the replicas' changes.
        """
        total = told if self._layout.alone else unrow(_in_order(tf.unstack(told)[:count]), self._structures[move])
        gradients, losses, changes = tf.nest.map_structure(lambda each: each / count, total)
        for variable, before, change in zip(self._replica.statistics, begun, changes, strict=True):
            variable.assign(before + change)
        measured: Losses = {}
        for mover in self._system.moves[move]:
            norm = learn(self._system.players[mover], gradients[mover])
            measured |= losses[mover] | {f"{mover}_gradient_norm": norm}
        return {name: value[None] for name, value in measured.items()}


def _in_order(told: Sequence[Any]) -> Any:
    """Return the sums of tensors in equal structures. The order of the additions decides the last bits."""
    total = told[0]
    for each in told[1:]:
        total = tf.nest.map_structure(tf.add, total, each)
    return total


def _batches(share: Share) -> Iterator[Mapping[str, tf.Tensor]]:
    for window in share:
        for number in range(next(iter(window.values())).shape[0]):
            yield {name: field[number] for name, field in window.items()}
