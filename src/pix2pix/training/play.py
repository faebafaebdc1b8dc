"""One step of training, of any system: the only place with gradient tapes."""

from collections.abc import Sequence

import tensorflow as tf

from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Player, System


def play(system: System, batch: Batch, draw: Draw) -> Losses:
    """Let every player move once, or as often as `system.moves` says.

    Args:
        system: see `System`.
        batch: its fields, in the scale of the networks.
        draw: the randomness of this step.

    Returns:
        Scalars by the keys of `system.curves`; of a player who moves twice, those of its last move. A gradient norm is
        the L2 norm of the gradient of what the player minimises, over all its weights.
    """
    measured: Losses = {}
    with tf.GradientTape(persistent=True) as making:
        made = system.make(batch, draw)
    for movers in system.moves:
        # A judging player needs no gradient through what was made: a tape of its own keeps the graph small.
        with making, tf.GradientTape(persistent=True) as judging:
            verdicts = system.judge(movers, batch, made, draw)
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
    """Update a player's weights. Returns the norm of its gradient."""
    player.optimizer.apply_gradients(zip(gradients, player.variables, strict=True))
    return tf.linalg.global_norm(gradients)
