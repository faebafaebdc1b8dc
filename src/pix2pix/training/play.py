"""One step of training for any system. Gradient tapes for weights are only here and in `replica`."""

from collections.abc import Collection, Mapping, Sequence

import keras
import tensorflow as tf

from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Pictures, Player, System

Gradients = Sequence[tf.Tensor]


def play(system: System, batch: Batch, draw: Draw) -> Losses:
    """Let the players move in the order of `system.moves`.

    Args:
        system: the system to train.
        batch: the fields of the batch, in the scale of the networks.
        draw: the randomness of this step.

    Returns:
        Scalars by the keys of `system.curves`. If a player moves twice, they are from its last move. A gradient norm is
        the L2 norm, over all weights of the player, of the gradient of its total loss.
    """
    measured: Losses = {}
    with tf.GradientTape(persistent=True) as making:
        made = system.make(batch, draw)
    for number, movers in enumerate(system.moves):
        weights = {mover: system.players[mover].variables for mover in movers}
        losses, gradients = answered(system, batch, made, draw.of(number), making, weights)
        for mover in movers:
            measured |= losses[mover] | {f"{mover}_gradient_norm": learn(system.players[mover], gradients[mover])}
    return measured


def answered(
    system: System,
    batch: Batch,
    made: Pictures,
    draw: Draw,
    making: tf.GradientTape,
    weights: Mapping[str, Sequence[keras.Variable | tf.Tensor]],
    watched: Collection[tf.Tensor] = (),
) -> tuple[dict[str, Losses], dict[str, Gradients]]:
    """Return the losses and the gradients of the players of one move, before any weight changes.

    Args:
        system: the system.
        batch: the fields of the batch, in the scale of the networks.
        made: the pictures that the system has made of it.
        draw: the randomness of this move.
        making: the tape, persistent, that has recorded `System.make`.
        weights: the weights of the movers, by player.
        watched: the weights that are tensors, and so have to be watched.

    Returns:
        The curves and the gradients, by player.
    """
    # A judging player needs no gradient through the generated pictures: a tape of its own keeps the graph small.
    with making, tf.GradientTape(persistent=True) as judging:
        judging.watch(watched)
        verdicts = system.judge(weights, batch, made, draw)
        losses = {mover: system.losses(mover, batch, made, verdicts) for mover in weights}
    gradients = {
        mover: (making if system.players[mover].makes else judging).gradient(losses[mover].pop("total"), each)
        for mover, each in weights.items()
    }
    return losses, gradients


def learn(player: Player, gradients: Gradients) -> tf.Tensor:
    """Update a player's weights and their averages, and return the norm of its gradient."""
    player.optimizer.apply_gradients(zip(gradients, player.variables, strict=True))
    for average in player.averages:
        average.follow(player.optimizer.iterations)
    return tf.linalg.global_norm(gradients)
