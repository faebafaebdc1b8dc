"""The players of a system with discriminators: their optimisers, and the order of their moves."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import keras

from pix2pix.training.average import Average
from pix2pix.training.optimizers import Adam
from pix2pix.training.system import Player

# The factor of the sum of the discriminator's two terms, by `model.discriminator_loss`.
WEIGHTS = {"sum": 1.0, "mean": 0.5}


class Rates(Protocol):
    """The keys of a section that decide how its players learn."""

    @property
    def learning_rate(self) -> float:
        """Adam's step size."""

    @property
    def discriminator_learning_rate(self) -> float | None:
        """The step size of a network that judges; None for the same."""

    @property
    def beta_1(self) -> float:
        """Adam's β₁."""

    @property
    def ema(self) -> float:
        """The decay of the generator's moving average; 0 for none."""


def players_of(networks: Mapping[str, keras.Model], settings: Rates, beta_2: float = 0.999) -> dict[str, Player]:
    """Return a player for each network, with an Adam of its own (pix2pix, section 3.3).

    Args:
        networks: the networks by name: `generator`, and others, which judge.
        settings: the section of the system.
        beta_2: Adam's β₂.
    """
    return {
        name: joint_player(name, (network,), settings, name == "generator", beta_2)
        for name, network in networks.items()
    }


def joint_player(
    name: str, networks: Sequence[keras.Model], settings: Rates, makes: bool, beta_2: float = 0.999
) -> Player:
    """Return a player with several networks and one Adam for all their weights.

    Args:
        name: the name of the player.
        networks: the networks.
        settings: the section of the system.
        makes: whether the networks are generators; otherwise they judge.
        beta_2: Adam's β₂.
    """
    # Each optimiser has a name of its own, because TensorFlow orders some sums by names when it simplifies a graph. The
    # names that Keras counts up would change places: `adam_10` comes before `adam_9`.
    rate = settings.learning_rate if makes else settings.discriminator_learning_rate or settings.learning_rate
    optimizer = Adam(rate, beta_1=settings.beta_1, beta_2=beta_2, name=f"{name}_adam")
    optimizer.build([weight for network in networks for weight in network.trainable_variables])
    averages = tuple(Average(network, settings.ema) for network in networks) if makes and settings.ema else ()
    return Player(tuple(networks), optimizer, rate, makes, averages)


def moves(players: tuple[str, ...], update_order: str) -> tuple[tuple[str, ...], ...]:
    """Return the moves: both players from the same weights (tutorial), or the discriminator first (paper's code)."""
    if update_order == "simultaneous":
        return (players,)
    return tuple((player,) for player in reversed(players))
