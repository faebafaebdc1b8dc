"""CycleGAN: two generators, there and back, and two discriminators; pairs are not needed (Zhu et al. 2017)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import keras
import tensorflow as tf

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Field, Task
from pix2pix.losses.adversarial import CROSS_ENTROPY, LEAST_SQUARES, share_judged
from pix2pix.losses.reconstruction import l1
from pix2pix.networks.blocks import InstanceStyle
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators import resnet, unet
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.params import Params
from pix2pix.params.systems.cyclegan import CycleGAN as Settings
from pix2pix.systems import unpaired
from pix2pix.systems.cyclegan_curves import BACK, FORTH, cyclegan_curves
from pix2pix.systems.pool import Pool
from pix2pix.training.draw import Draw
from pix2pix.training.job import Setup
from pix2pix.training.looks import Likeness
from pix2pix.training.optimizers import Adam
from pix2pix.training.system import Batch, Losses, Pictures, Player, Verdicts
from pix2pix.training.watched import Watched

_LOSSES = {"least_squares": LEAST_SQUARES, "cross_entropy": CROSS_ENTROPY}
_BLOCKS = {"resnet_9": 9, "resnet_6": 6}
# The players of each move, by `model.update_order`.
_MOVES = {
    "generators_first": (("generators",), ("discriminators",)),
    "simultaneous": (("generators", "discriminators"),),
}


@dataclass(frozen=True)
class Direction:
    """One direction: a generator, and the discriminator that judges its pictures.

    Attributes:
        names: the names of generator and discriminator in the curves.
        reads, makes: the field that the generator reads, and the field that it learns to make.
        generator, discriminator: the networks.
        pool: earlier pictures of the generator.
    """

    names: tuple[str, str]
    reads: str
    makes: str
    generator: keras.Model
    discriminator: keras.Model
    pool: Pool


class CycleGAN:
    """CycleGAN as a `training.system.System`.

    Batches have the fields `input` and `target`, which need not belong together. For each field there are the pictures
    `<field>_made` (from the other field), `<field>_again` (there and back), `<field>_kept` (by the generator that makes
    this field, from itself) and `<field>_earlier` (out of the pool). The verdicts are logits, by the names of pictures
    and of fields.
    """

    def __init__(self, settings: Settings, precision: Precision, task: Task, seed: int) -> None:
        """Make all networks with their first weights, and their optimisers.

        Args:
            settings: the `model` section.
            precision: the precision in which the networks compute.
            task: the task, with the size and the channels of input and target.
            seed: the seed of the run, which decides the first weights.
        """
        self._loss, self._cycle = _LOSSES[settings.loss], settings.lambda_cycle
        self._identity = settings.lambda_cycle * settings.lambda_identity
        style = InstanceStyle(seed, settings.leaky_slope, settings.norm_epsilon)

        def direction(names: tuple[str, str], reads: Field, makes: Field) -> Direction:
            generator, judge = (
                computing_in(precision, _generator(settings, style, reads, makes, names[0]), reads.bits == 16),
                computing_in(precision, _discriminator(settings, style, makes, names[1]), makes.bits == 16),
            )
            pool = Pool(f"pool_{makes.name}", settings.pool_size, makes.shape)
            return Direction(names, reads.name, makes.name, generator, judge, pool)

        forth, back = direction(FORTH, task.input, task.target), direction(BACK, task.target, task.input)
        self._directions = (forth, back)
        self.players: Mapping[str, Player] = {
            "generators": _player("generators", [forth.generator, back.generator], settings),
            "discriminators": _player("discriminators", [forth.discriminator, back.discriminator], settings),
        }
        self.moves: tuple[tuple[str, ...], ...] = _MOVES[settings.update_order]
        self.memory: Mapping[str, tf.Variable] = {**forth.pool.memory, **back.pool.memory}
        self.curves = cyclegan_curves(self._loss.neutral, self._cycle, self._identity)
        self.products: Mapping[str, keras.Model] = {"generator": forth.generator, "back": back.generator}

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Generate pictures in both directions, and back again; and keep the new ones in the pools."""
        made: Pictures = {}
        for each in self._directions:
            made[f"{each.makes}_made"] = each.generator(batch[each.reads], training=True)
            made[f"{each.makes}_earlier"] = each.pool.exchanged(made[f"{each.makes}_made"], draw)
        for each in self._directions:
            made[f"{each.makes}_again"] = each.generator(made[f"{each.reads}_made"], training=True)
            if self._identity:
                made[f"{each.makes}_kept"] = each.generator(batch[each.makes], training=True)
        return made

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:  # noqa: ARG002
        """Return logits: for the new pictures if the generators learn, for real and earlier ones otherwise."""
        verdicts: Verdicts = {}
        for each in self._directions:
            if "generators" in movers:
                verdicts[f"{each.makes}_made"] = each.discriminator(made[f"{each.makes}_made"], training=True)
            if "discriminators" in movers:
                verdicts[each.makes] = each.discriminator(batch[each.makes], training=True)
                verdicts[f"{each.makes}_earlier"] = each.discriminator(made[f"{each.makes}_earlier"], training=True)
        return verdicts

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        """See `System.losses`."""
        if player == "discriminators":
            return self._discriminators_losses(verdicts)
        losses: Losses = {}
        for each in self._directions:
            losses[f"{each.names[0]}_gan"] = self._loss.of(verdicts[f"{each.makes}_made"], True)
            losses[f"cycle_{each.reads}"] = l1(batch[each.reads], made[f"{each.reads}_again"])
            if self._identity:
                losses[f"identity_{each.makes}"] = l1(batch[each.makes], made[f"{each.makes}_kept"])
        total = tf.add_n([self._weight(name) * loss for name, loss in losses.items()])
        return {"total": total, "generators_total": total, **losses}

    def _weight(self, name: str) -> float:
        return {"cycle": self._cycle, "identity": self._identity}.get(name.partition("_")[0], 1.0)

    def _discriminators_losses(self, verdicts: Verdicts) -> Losses:
        losses: Losses = {}
        for each in self._directions:
            name, real, fake = each.names[1], verdicts[each.makes], verdicts[f"{each.makes}_earlier"]
            of_real, of_fake = self._loss.of(real, True), self._loss.of(fake, False)
            losses |= {
                f"{name}_loss": 0.5 * (of_real + of_fake),
                f"{name}_real": of_real,
                f"{name}_fake": of_fake,
                f"{name}_accuracy_real": share_judged(real, True, self._loss.border),
                f"{name}_accuracy_fake": share_judged(fake, False, self._loss.border),
            }
        return {"total": losses[f"{FORTH[1]}_loss"] + losses[f"{BACK[1]}_loss"], **losses}


def _generator(settings: Settings, style: InstanceStyle, reads: Field, makes: Field, name: str) -> keras.Model:
    size, filters, channels = (reads.height, reads.width), settings.generator_filters, (reads.channels, makes.channels)
    if settings.generator == "unet":
        return unet.generator(size, style, filters, channels=channels, dropout=False, name=name)
    return resnet.generator(size, style, filters, _BLOCKS[settings.generator], channels, name)


def _discriminator(settings: Settings, style: InstanceStyle, judged: Field, name: str) -> keras.Model:
    size, channels = (judged.height, judged.width), (judged.channels, judged.channels)
    filters, patch = settings.discriminator_filters, settings.receptive_field
    return discriminator(size, style, filters, patch, conditional=False, channels=channels, name=name)


def _player(name: str, networks: Sequence[keras.Model], settings: Settings) -> Player:
    """Return two networks with one Adam."""
    # The name is the player's own; see `pix2pix._player`.
    optimizer = Adam(settings.learning_rate, beta_1=settings.beta_1, name=f"{name}_adam")
    optimizer.build([weight for network in networks for weight in network.trainable_variables])
    return Player(tuple(networks), optimizer, settings.learning_rate, makes=name == "generators")


def set_up(params: Params, examples: Mapping[str, Examples], measures: Mapping[Watched, Likeness]) -> Setup:
    """Return the system with its batches and its look; `systems.job` calls it.

    Args:
        params: the sections seed, data, model and train.
        examples: the examples by role.
        measures: the measures of the selection split, each with its function.
    """
    train = examples["train"]
    system = CycleGAN(cast(Settings, params.model), params.train.precision, train.task, params.seed)
    look = unpaired.look(system.products["generator"], system.products["back"], params.train, examples, measures)
    return Setup(system, unpaired.Batches(params, train), look)
