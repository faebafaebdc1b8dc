"""A conditional GAN with gradient penalty: pictures from noise and a class.

The class is Mirza & Osindero's (2014), the penalty Gulrajani et al.'s (2017). Networks and training are those of
Foster, "Generative Deep Learning" (2nd edition 2023, chapter 4).
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import cast

import keras
import tensorflow as tf
from keras import layers

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Task
from pix2pix.losses.judging import Judging
from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminators.whole import discriminator
from pix2pix.networks.generators.from_noise import generator
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.networks.regularised import regularised
from pix2pix.params import Params
from pix2pix.params.systems.cgan import Cgan as Settings
from pix2pix.systems import noise_look
from pix2pix.systems.adversarial_curves import critic_curves, gradient_curve, judging_curves, persuasion_curve
from pix2pix.systems.paired import Batches
from pix2pix.systems.players import players_of
from pix2pix.training.draw import Draw
from pix2pix.training.job import Setup
from pix2pix.training.sample_look import Resemblance
from pix2pix.training.system import Batch, Losses, Pictures, System, Verdicts
from pix2pix.training.watched import Watched

# The most filters of a layer, as a multiple of those at the picture; 64 and 128 in the book.
_MOST = 2
# The critic's blocks, from the first on, that have no dropout.
_SPARED = 1


class Cgan(System):
    """The conditional GAN as a `training.system.System`.

    Batches have the fields `target` and `class`. The pictures that are made are called `generated`. The verdicts are
    those of `Judging`. The critic moves several times a step, on the same real pictures and each time on generated ones
    from fresh noise; then the generator moves.
    """

    def __init__(self, settings: Settings, precision: Precision, task: Task, classes: int, seed: int) -> None:
        """Make both networks with their first weights, and their optimisers.

        Args:
            settings: the `model` section.
            precision: the precision in which the networks compute.
            task: the task, with the size and the channels of the target.
            classes: the number of classes.
            seed: the seed of the run, which decides the first weights.
        """
        self._noise, self._critical = settings.noise_size, settings.adversarial == "wasserstein"
        self._judging = Judging(settings)
        made, judged = _networks(settings, task, classes, seed)
        self.generator = computing_in(precision, made)
        self.discriminator = computing_in(precision, judged, task.target.bits == 16)
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.players = players_of(networks, settings, settings.beta_2)
        self.moves = (*[("discriminator",)] * settings.critic_steps, ("generator",))
        judging = critic_curves(settings) if self._critical else judging_curves(settings)
        self.curves = (
            persuasion_curve(settings, "generator_gan", "generator"),
            *judging,
            *map(gradient_curve, networks),
        )

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Generate a picture for each class of the batch: those from which the generator learns."""
        return {"generated": self._made(batch, draw, "noise")}

    def _made(self, batch: Batch, draw: Draw, purpose: str) -> tf.Tensor:
        noise = draw.normal(purpose, [tf.shape(batch["class"])[0], self._noise])
        return self.generator([noise, batch["class"]], training=True)

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """Return logits for generated pictures and, if the critic learns, for the real ones."""
        draw.dropout(self.discriminator)

        def critic(picture: tf.Tensor) -> tf.Tensor:
            return self.discriminator([picture, batch["class"]], training=True)

        if "discriminator" not in movers:
            return self._judging.verdicts(critic, None, made["generated"], [], draw)
        fresh = tf.stop_gradient(self._made(batch, draw, "noise of the critic"))
        return self._judging.verdicts(critic, batch["target"], fresh, [], draw)

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:  # noqa: ARG002
        """See `System.losses`."""
        if player == "generator":
            convinced = self._judging.convincing(verdicts)
            return {"total": convinced, "generator_gan": convinced}
        costs = self._judging.costs(verdicts)
        if not self._critical:
            return costs
        measured = {"total": costs["total"], "discriminator_estimate": -costs["discriminator_loss"]}
        return measured | {key: costs[key] for key in ("discriminator_penalty",) if key in costs}


def _networks(settings: Settings, task: Task, classes: int, seed: int) -> tuple[keras.Model, keras.Model]:
    """Return the generator and the critic, in float32."""
    style = Style(seed, settings.leaky_slope, norm_momentum=settings.norm_momentum, glorot=True)
    size, channels = (task.target.height, task.target.width), task.target.channels
    made = generator(
        size, style, settings.noise_size, settings.generator_filters, channels, classes, _MOST, output_bias=True
    )
    plain = discriminator(
        size,
        replace(style, bias=True),
        settings.discriminator_filters,
        channels,
        norm=settings.normalises_judge,
        classes=classes,
        most=_MOST,
        kind=layers.Conv2D,
    )
    return made, regularised(plain, settings.discriminator_dropout, settings.spectral_norm, _SPARED)


def set_up(params: Params, examples: Mapping[str, Examples], measures: Mapping[Watched, Resemblance]) -> Setup:
    """Return the system with its batches and its look; `systems.job` calls it.

    Args:
        params: the sections seed, data, model and train.
        examples: the examples by role.
        measures: the measures of the selection split, each with its function of two sets of pictures.
    """
    train, classes = examples["train"], len(params.data.class_names)
    system = Cgan(cast(Settings, params.model), params.train.precision, train.task, classes, params.seed)
    look = noise_look.look(system.products["generator"], params.train, examples, measures, classes)
    return Setup(system, Batches(params, train), look)
