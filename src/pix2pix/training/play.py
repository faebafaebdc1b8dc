"""One step of training for any system. Gradient tapes are only here."""

from collections.abc import Sequence

import tensorflow as tf

from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Player, System


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
        # A judging player needs no gradient through the generated pictures: a tape of its own keeps the graph small.
        with making, tf.GradientTape(persistent=True) as judging:
            verdicts = system.judge(movers, batch, made, draw.of(number))
            losses = {mover: system.losses(mover, batch, made, verdicts) for mover in movers}
        players = {mover: system.players[mover] for mover in movers}
        # All gradients are taken before any weight changes.
        gradients = {
            mover: (making if player.makes else judging).gradient(losses[mover].pop("total"), player.variables)
            for mover, player in players.items()
        }
        for mover, player in players.items():
            measured |= losses[mover] | {f"{mover}_gradient_norm": _learn(player, gradients[mover])}
    return measured


def _learn(player: Player, gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """Update a player's weights and their averages, and return the norm of its gradient."""
    player.optimizer.apply_gradients(zip(gradients, player.variables, strict=True))
    for average in player.averages:
        average.follow(player.optimizer.iterations)
    return tf.linalg.global_norm(gradients)
