"""What loop, checkpoint and report know of a system: its players, what they make, and what each of them loses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import tensorflow as tf

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
        models: its networks.
        optimizer: built for their trainable weights, so that a checkpoint can be restored into it.
        learning_rate: its step size before any decay; None: the optimiser has a schedule of its own.
        makes: True: its networks run in `System.make`. False: they run in `System.judge`.
    """

    models: tuple[keras.Model, ...]
    optimizer: keras.optimizers.Optimizer
    learning_rate: float | None
    makes: bool

    @property
    def variables(self) -> list[keras.Variable]:
        """The trainable weights of all its networks."""
        return [variable for model in self.models for variable in model.trainable_variables]


class System(Protocol):
    """Networks that are trained together. One class describes one system; `play` and `loop` do the rest.

    Attributes:
        players: by name.
        moves: who learns when in a step. The players of one move learn at the same time, from the same weights; the
            next move sees the updated weights.
        memory: what has to survive a kill beside weights and optimisers, such as earlier pictures.
        curves: what `losses` measures, and the norm of each player's gradient, in the order of the columns.
        products: the networks that a training is for, by the name of their folder.
    """

    players: Mapping[str, Player]
    moves: tuple[tuple[str, ...], ...]
    memory: Mapping[str, tf.Variable]
    curves: tuple[Curve, ...]
    products: Mapping[str, keras.Model]

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """What is made of a batch, once a step."""

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """The judgements that the losses of `movers` need."""

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        """Scalars: under `total` what the player minimises, and the player's curves by their keys."""


def parts(system: System) -> dict[str, Any]:
    """All that has weights or a state, by name: what a checkpoint holds of a system."""
    found: dict[str, Any] = dict(system.memory)
    for name, player in system.players.items():
        single = len(player.models) == 1
        found |= {name if single else f"{name}_{model.name}": model for model in player.models}
        found[f"{name}_optimizer"] = player.optimizer
    return found
