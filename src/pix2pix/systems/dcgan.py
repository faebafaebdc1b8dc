"""DCGAN: a generator that makes pictures from noise, and a discriminator of whole pictures (Radford et al. 2016).

Networks and training are those of Foster, "Generative Deep Learning" (2nd edition 2023, chapter 4).
"""

import math
from collections.abc import Collection, Mapping
from typing import cast

import tensorflow as tf

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Task
from pix2pix.losses.judging import Judging
from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminators.whole import discriminator
from pix2pix.networks.generators.from_noise import generator
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.networks.regularised import regularised
from pix2pix.params import Params
from pix2pix.params.systems.dcgan import Dcgan as Settings
from pix2pix.systems import noise_look
from pix2pix.systems.adversarial_curves import gradient_curve, judging_curves, persuasion_curve
from pix2pix.systems.paired import Batches
from pix2pix.systems.players import WEIGHTS, moves, players_of
from pix2pix.training.draw import Draw
from pix2pix.training.job import Setup
from pix2pix.training.sample_look import Resemblance
from pix2pix.training.system import Batch, Losses, Pictures, System, Verdicts
from pix2pix.training.watched import Watched

# The book's loss cuts the discriminator's probabilities at 1e-7 from 0 and 1, as Keras does. Beyond, a label of more
# than 1 or less than 0 would push the logits on and on.
_BOUND = math.log((1 - 1e-7) / 1e-7)


class Dcgan(System):
    """DCGAN as a `training.system.System`.

    Batches have the field `target`. The pictures that are made are called `generated`. The verdicts are those of
    `Judging`.
    """

    def __init__(self, settings: Settings, precision: Precision, task: Task, seed: int) -> None:
        """Make both networks with their first weights, and their optimisers.

        Args:
            settings: the `model` section.
            precision: the precision in which the networks compute.
            task: the task, with the size and the channels of the target.
            seed: the seed of the run, which decides the first weights.
        """
        style = Style(seed, settings.leaky_slope, norm_momentum=settings.norm_momentum, glorot=True)
        target = task.target
        size, channels = (target.height, target.width), target.channels
        self._noise = settings.noise_size
        self._bound = _BOUND if settings.adversarial == "cross_entropy" else math.inf
        self._judging = Judging(settings, factor=WEIGHTS[settings.discriminator_loss])
        made = generator(size, style, settings.noise_size, settings.generator_filters, channels)
        self.generator = computing_in(precision, made)
        plain = discriminator(size, style, settings.discriminator_filters, channels, settings.normalises_judge)
        remedied = regularised(plain, settings.discriminator_dropout, settings.spectral_norm)
        self.discriminator = computing_in(precision, remedied, target.bits == 16)
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.players = players_of(networks, settings)
        self.moves = moves(tuple(networks), settings.update_order)
        self.curves = (
            persuasion_curve(settings, "generator_gan", "generator"),
            *judging_curves(settings, settings.discriminator_loss == "mean"),
            *map(gradient_curve, networks),
        )

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Generate as many pictures as the batch has."""
        noise = draw.normal("noise", [tf.shape(batch["target"])[0], self._noise])
        return {"generated": self.generator(noise, training=True)}

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """Return logits for the generated pictures and, if the discriminator learns, for the real ones."""
        draw.dropout(self.discriminator)
        real = batch["target"] if "discriminator" in movers else None
        return self._judging.verdicts(self._critic, real, made["generated"], [], draw)

    def _critic(self, picture: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(self.discriminator(picture, training=True), -self._bound, self._bound)

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:  # noqa: ARG002
        """See `System.losses`."""
        if player == "discriminator":
            return self._judging.costs(verdicts)
        convinced = self._judging.convincing(verdicts)
        return {"total": convinced, "generator_gan": convinced}


def set_up(params: Params, examples: Mapping[str, Examples], measures: Mapping[Watched, Resemblance]) -> Setup:
    """Return the system with its batches and its look; `systems.job` calls it.

    Args:
        params: the sections seed, data, model and train.
        examples: the examples by role.
        measures: the measures of the selection split, each with its function of two sets of pictures.
    """
    train = examples["train"]
    system = Dcgan(cast(Settings, params.model), params.train.precision, train.task, params.seed)
    look = noise_look.look(system.products["generator"], params.train, examples, measures)
    return Setup(system, Batches(params, train), look)
