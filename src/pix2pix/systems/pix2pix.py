"""pix2pix: a generator that turns one picture into another, and a discriminator of patches (Isola et al. 2017)."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import keras
import tensorflow as tf

from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Task
from pix2pix.losses.judging import Judging
from pix2pix.losses.reconstruction import l1
from pix2pix.losses.two_answers import answers_apart
from pix2pix.networks import noise
from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.networks.regularised import regularised
from pix2pix.params.systems.pix2pix import Pix2pix as Settings
from pix2pix.systems import paired
from pix2pix.systems.paired import classes_seen
from pix2pix.systems.pix2pix_curves import pix2pix_curves
from pix2pix.systems.players import WEIGHTS, moves, players_of
from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Pictures, System, Verdicts


@dataclass(frozen=True)
class Objective:
    """The objective of the generator (paper, table 1 and equation 4).

    Attributes:
        adversarial: whether there is a discriminator, and so an adversarial loss; `model.adversarial` says which.
        l1: whether λ times the L1 distance to the target counts. The distance is always measured.
    """

    adversarial: bool = True
    l1: bool = True


# The name of the noise of the other answer.
_OTHER = "other"
# The objectives, by `model.loss`.
OBJECTIVES = {
    "cgan+l1": Objective(),
    "gan+l1": Objective(),
    "cgan": Objective(l1=False),
    "l1": Objective(adversarial=False),
}


class Pix2Pix(System):
    """pix2pix as a `training.system.System`.

    Batches have the fields `input` and `target`. The pictures that are made are called `generated`. The verdicts are
    the discriminator's logits for the `real` and the `generated` picture, and what its remedies need (see `Judging`).

    With `model.lambda_diversity` an `other` answer to each input is made, from other noise, and the two noises are
    `noises_apart`. No gradient flows through it, as in the authors' code (Yang et al. 2019).
    """

    def __init__(
        self, settings: Settings, precision: Precision, task: Task, seed: int, palette: Palette | None = None
    ) -> None:
        """Make both networks with their first weights, and their optimisers.

        Args:
            settings: the `model` section.
            precision: the precision in which the networks compute.
            task: the task, with the size and the channels of input and target.
            seed: the seed of the run, which decides the first weights.
            palette: the classes of the label maps, if there are any.

        Raises:
            ParamsError: the networks are to see classes, and the input is no label map with a palette.
        """
        self._objective, self._conditional = OBJECTIVES[settings.loss], settings.conditional
        # L1 counts 0 in an objective without it.
        self._l1_weight = settings.lambda_l1 * self._objective.l1
        self._diversity = settings.lambda_diversity
        self._judging = Judging(settings, factor=WEIGHTS[settings.discriminator_loss])
        style = Style(seed, settings.leaky_slope, settings.norm_epsilon, settings.norm_gamma_stddev)
        size, channels = (task.input.height, task.input.width), (task.input.channels, task.target.channels)
        deep = 16 in (task.input.bits, task.target.bits)
        classes = classes_seen(task, palette) if settings.reads_classes else None
        self.generator = computing_in(
            precision, _generator(settings, size, style, channels, classes), task.input.bits == 16
        )
        if self._diversity:
            self._noise = noise.drawn(self.generator)
        networks = {"generator": self.generator}
        if self._objective.adversarial:
            filters, patch, norm = settings.discriminator_filters, settings.receptive_field, settings.normalises_judge
            plain = discriminator(size, style, filters, patch, self._conditional, channels, classes, norm)
            remedied = regularised(plain, settings.discriminator_dropout, settings.spectral_norm)
            self.discriminator = computing_in(precision, remedied, deep)
            networks["discriminator"] = self.discriminator
        self.players = players_of(networks, settings)
        self.moves = moves(tuple(networks), settings.update_order)
        self.curves = pix2pix_curves(settings, self._l1_weight)

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Generate a picture for each input, and another one where the answers are to differ."""
        made = {"generated": self._answer(batch, draw, "")}
        if self._diversity:
            made["other"] = tf.stop_gradient(self._answer(batch, draw, _OTHER))
            made["noises_apart"] = self._noises_apart(batch, draw)
        return made

    def _answer(self, batch: Batch, draw: Draw, which: str) -> tf.Tensor:
        draw.dropout(self.generator, which)
        return self.generator(batch["input"], training=True)

    def _noises_apart(self, batch: Batch, draw: Draw) -> tf.Tensor:
        """Return how far the noises of the two answers are apart, as the mean absolute difference, `(batch,)`."""
        drawn = []
        for name in ("", _OTHER):
            draw.dropout(self.generator, name)  # to draw the same again
            drawn.append(tf.cast(self._noise(batch["input"], training=True), tf.float32))
        return tf.reduce_mean(tf.abs(drawn[0] - drawn[1]), axis=[1, 2, 3])

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """Return logits for the generated pictures and, if the discriminator learns, for the real ones."""
        if not self._objective.adversarial:
            return {}
        draw.dropout(self.discriminator)
        real = batch["target"] if "discriminator" in movers else None
        conditions = [batch["input"]] if self._conditional else []
        return self._judging.verdicts(self._critic, real, made["generated"], conditions, draw)

    def _critic(self, picture: tf.Tensor, *conditions: tf.Tensor) -> tf.Tensor:
        return self.discriminator([*conditions, picture] if conditions else picture, training=True)

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        """See `System.losses`."""
        if player == "discriminator":
            return self._judging.costs(verdicts)
        distance = l1(batch["target"], made["generated"])
        if not self._objective.adversarial:
            return {"total": distance, "generator_total": distance, "generator_l1": distance}
        convinced = self._judging.convincing(verdicts)
        total = convinced + self._l1_weight * distance
        told = {"generator_l1": distance, "generator_gan": convinced}
        if self._diversity:
            apart = answers_apart(made["generated"], made["other"], made["noises_apart"])
            total, told["generator_answers_apart"] = total - self._diversity * apart, apart
        return {"total": total, "generator_total": total, **told}


def _generator(
    settings: Settings, size: tuple[int, int], style: Style, channels: tuple[int, int], classes: Palette | None
) -> keras.Model:
    return generator(
        size,
        style,
        settings.generator_filters,
        skips=settings.generator == "unet",
        bottleneck_norm=settings.bottleneck_norm,
        channels=channels,
        classes=classes,
        depth=settings.generator_depth,
        decoder_norm=settings.decoder_norm,
        keeps_lightness=settings.colour_space == "lab",
        dropout=not settings.noise_size,  # noise takes its place (BicycleGAN, Zhu et al. 2017)
        resized=settings.upsampling == "resize",
        noise=settings.noise_size,
    )


# `systems.job` calls it.
set_up = partial(paired.set_up, Pix2Pix)
