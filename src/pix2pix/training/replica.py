"""The moves of one replica: a batch, what it costs, and what each player would learn from it.

Keras' `StatelessScope` makes them functions of values: weights and states go in, gradients and new states come out, and
no variable changes. So a replica can be computed on any device of any machine, in any order, with the same bytes.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import keras
import tensorflow as tf

from pix2pix.base.scale import scaled
from pix2pix.training.draw import Draw
from pix2pix.training.play import Gradients, answered
from pix2pix.training.system import Batch, Losses, Pictures, System

Values = Sequence[tf.Tensor]


class Outcome(NamedTuple):
    """What a replica has to say after a move.

    Attributes:
        gradients, losses: by player.
        state: the new values of `Replica.state`.
        made: the pictures that the system has made; empty if no later move needs them.
    """

    gradients: dict[str, Gradients]
    losses: dict[str, Losses]
    state: list[tf.Tensor]
    made: Pictures


class Replica:
    """The moves of a system as functions of values.

    Attributes:
        weights: all weights that learn.
        statistics: what the networks keep besides: moving averages of BatchNorm, directions of spectral normalisation.
        state: the statistics, and then the memory of the system.
        moves: a TensorFlow function for each move; see `_move`.
    """

    def __init__(self, system: System, seed: int, compiled: bool) -> None:
        """Prepare the functions, as `Windows` does.

        Raises:
            ValueError: players that make pictures have several moves. Then no move could make the pictures again from
                the weights with which the step began.
        """
        self._system, self._seed = system, seed
        players = system.players.values()
        self.weights = [weight for player in players for weight in player.variables]
        # The states of Keras' random generators are set before each use, see `Draw.dropout`.
        models = [model for player in players for model in player.models]
        self.statistics = [weight for model in models for weight in model.non_trainable_weights]
        self.state = [*self.statistics, *system.memory.values()]
        self._remade = [any(system.players[mover].makes for mover in movers) for movers in system.moves]
        if sum(self._remade) > 1:
            raise ValueError("players that make pictures may have one move a step")
        # Inlined, the moves of all replicas would be simplified together, and last bits would depend on their number.
        self.moves = [
            tf.function(
                partial(self._move, number),
                autograph=False,
                jit_compile=compiled,
                experimental_attributes={"_noinline": True},
            )
            for number in range(len(system.moves))
        ]

    def _move(
        self,
        number: int,
        weights: Values,
        begun: Values,
        state: Values,
        batch: Mapping[str, tf.Tensor],
        draws: tf.Tensor,
        made: Pictures,
    ) -> Outcome:
        """Let the players of a move answer, and none learn.

        The first move makes the pictures. The move in which those that made them learn makes them again, so that no
        replica has to remember how it made them.

        Args:
            number: the number of the move, from 0.
            weights: the values of `weights`.
            begun: the values of `state` when the step began.
            state: their values now.
            batch: the fields of the batch; one of uint8 or uint16 holds pictures.
            draws: the number of the replica's draw, int64.
            made: the pictures, for a move that does not make them; otherwise empty.
        """
        makes = self.makes(number)
        fields, draw, making = scaled(batch), Draw(self._seed, draws), tf.GradientTape(persistent=True)
        variables = zip((*self.weights, *self.state), (*weights, *(begun if makes else state)), strict=True)
        with keras.StatelessScope(list(variables)) as scope:
            if makes:
                made = self._made(fields, draw, making, weights)
                for variable, value in zip(self.state, state, strict=True) if number else ():
                    scope.add_update((variable, value))
            movers = self._weights_of(number, weights)
            losses, gradients = answered(self._system, fields, made, draw.of(number), making, movers, weights)
            now = [scope.get_current_value(variable) for variable in self.state]
        return Outcome(gradients, losses, now, made if self._passes_on(number) else {})

    def makes(self, number: int) -> bool:
        """Whether a move makes the pictures."""
        return number == 0 or self._remade[number]

    def _passes_on(self, number: int) -> bool:
        """Whether a later move takes the pictures as they were made."""
        return not all(self._remade[number + 1 :])

    def _made(self, batch: Batch, draw: Draw, making: tf.GradientTape, weights: Values) -> Pictures:
        with making:
            making.watch(weights)
            return self._system.make(batch, draw)

    def _weights_of(self, number: int, weights: Values) -> dict[str, Values]:
        """Return the weights of the movers, by player."""
        found, first = {}, 0
        for name, player in self._system.players.items():
            last = first + len(player.variables)
            if name in self._system.moves[number]:
                found[name] = weights[first:last]
            first = last
        return {mover: found[mover] for mover in self._system.moves[number]}
