"""The protocol of a system, which is all that training knows of it: players, pictures, verdicts and losses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import keras
import tensorflow as tf

from pix2pix.training.average import Average
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw

# The named fields of a batch, such as `input` and `target`. Pictures are float32 `(batch, height, width, channels)` in
# [-1, 1].
Batch = Mapping[str, tf.Tensor]
Pictures = dict[str, tf.Tensor]
Verdicts = dict[str, tf.Tensor]
Losses = dict[str, tf.Tensor]


@dataclass(frozen=True)
class Player:
    """Networks that learn together, with one optimiser.

    Attributes:
        models: the networks.
        optimizer: their optimiser, built for their trainable weights so that a checkpoint can be restored into it.
        learning_rate: the learning rate before any decay; None if the optimiser has a schedule of its own.
        makes: whether the networks run in `System.make` (True) or in `System.judge` (False).
        averages: the moving averages of some of the networks, which follow each update.
    """

    models: tuple[keras.Model, ...]
    optimizer: keras.optimizers.Optimizer
    learning_rate: float | None
    makes: bool
    averages: tuple[Average, ...] = ()

    @property
    def variables(self) -> list[keras.Variable]:
        """The trainable weights of all networks."""
        return [variable for model in self.models for variable in model.trainable_variables]

    @property
    def products(self) -> list[keras.Model]:
        """The networks as others use them: the average of a network that has one, otherwise the network itself."""
        averaged = {id(average.source): average.model for average in self.averages}
        return [averaged.get(id(model), model) for model in self.models]


class System(Protocol):
    """Networks that are trained together. One class describes one system; `play` and `loop` do the rest.

    Attributes:
        players: the players, by name.
        moves: the moves of a step, each with the names of its players. The players of one move learn at the same time,
            from the same weights; the next move sees the updated weights.
        memory: other variables that have to survive a kill, such as earlier pictures; none by default.
        curves: the curves of all values of `losses` and of each player's gradient norm, in the order of the columns.
    """

    players: Mapping[str, Player]
    moves: tuple[tuple[str, ...], ...]
    memory: Mapping[str, keras.Variable] = MappingProxyType({})
    curves: tuple[Curve, ...]

    @property
    def products(self) -> Mapping[str, keras.Model]:
        """The networks that a training produces, by the names of their folders; the player `generator`'s by default."""
        return {"generator": self.players["generator"].products[0]}

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Make pictures from a batch."""

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """Return the judgements that the losses of `movers` need."""

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        """Return scalars: the value that the player minimises as `total`, and the player's curves by their keys."""


def parts(system: System) -> dict[str, Any]:
    """Return everything that has weights or a state, by name. A checkpoint holds these parts."""
    found: dict[str, Any] = dict(system.memory)
    found |= networks(system)
    for name, player in system.players.items():
        found[f"{name}_optimizer"] = player.optimizer
        found |= {f"{name}_average_{average.model.name}": average.model for average in player.averages}
    return found


def networks(system: System) -> dict[str, keras.Model]:
    """Return the networks of all players, by their names in a checkpoint."""
    return {
        name if len(player.models) == 1 else f"{name}_{model.name}": model
        for name, player in system.players.items()
        for model in player.models
    }


def averages(system: System) -> list[Average]:
    """Return the moving averages of all players' networks."""
    return [average for player in system.players.values() for average in player.averages]


def learner(system: System, product: str) -> keras.Model:
    """Return the network that learns for a product: itself, or the one that it is the average of."""
    model = system.products[product]
    return next((average.source for average in averages(system) if average.model is model), model)
