"""CycleGAN: two generators, there and back, and two discriminators; pairs are not needed (Zhu et al. 2017)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

import keras
import tensorflow as tf

from pix2pix.data.examples import Examples
from pix2pix.data.tasks import Field, Task
from pix2pix.losses.judging import Judging
from pix2pix.losses.reconstruction import l1
from pix2pix.networks.blocks import InstanceStyle
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators import resnet, unet
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.networks.regularised import regularised
from pix2pix.params import Params
from pix2pix.params.systems.cyclegan import CycleGAN as Settings
from pix2pix.systems.cyclegan_curves import BACK, FORTH, cyclegan_curves
from pix2pix.systems.players import joint_player
from pix2pix.systems.pool import Pool
from pix2pix.systems.unpaired import Batches
from pix2pix.training.draw import Draw
from pix2pix.training.job import Setup
from pix2pix.training.looks import Likeness, Watching
from pix2pix.training.system import Batch, Losses, Pictures, System, Verdicts
from pix2pix.training.two_ways import TwoWayLook
from pix2pix.training.watched import Watched

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
        judging: the adversarial loss with its remedies.
        pool: earlier pictures of the generator.
    """

    names: tuple[str, str]
    reads: str
    makes: str
    generator: keras.Model
    discriminator: keras.Model
    judging: Judging
    pool: Pool

    def judged(self, real: tf.Tensor | None, generated: tf.Tensor, draw: Draw) -> Verdicts:
        """Ask the discriminator; see `Judging.verdicts`."""
        draw.dropout(self.discriminator, self.names[1])
        return self.judging.verdicts(self._critic, real, generated, [], draw)

    def _critic(self, picture: tf.Tensor) -> tf.Tensor:
        return self.discriminator(picture, training=True)


class CycleGAN(System):
    """CycleGAN as a `training.system.System`.

    Batches have the fields `input` and `target`, which need not belong together. For each field there are the pictures
    `<field>_made` (from the other field), `<field>_again` (there and back), `<field>_kept` (by the generator that makes
    this field, from itself) and `<field>_earlier` (out of the pool). The verdicts are those of `Judging`, with the name
    of the player that needs them and the field before their names.
    """

    def __init__(self, settings: Settings, precision: Precision, task: Task, seed: int) -> None:
        """Make all networks with their first weights, and their optimisers.

        Args:
            settings: the `model` section.
            precision: the precision in which the networks compute.
            task: the task, with the size and the channels of input and target.
            seed: the seed of the run, which decides the first weights.
        """
        self._cycle, self._identity = settings.lambda_cycle, settings.lambda_cycle * settings.lambda_identity
        style = InstanceStyle(seed, settings.leaky_slope, settings.norm_epsilon)
        forth, back = (
            _direction(settings, precision, style, *way)
            for way in ((FORTH, task.input, task.target), (BACK, task.target, task.input))
        )
        self._directions = (forth, back)
        generators, judges = [forth.generator, back.generator], [forth.discriminator, back.discriminator]
        self.players = {
            "generators": joint_player("generators", generators, settings, makes=True),
            "discriminators": joint_player("discriminators", judges, settings, makes=False),
        }
        self.moves = _MOVES[settings.update_order]
        self.memory = {**forth.pool.memory, **back.pool.memory}
        self.curves = cyclegan_curves(settings)

    @property
    def products(self) -> dict[str, keras.Model]:
        """The generators of both directions."""
        return dict(zip(("generator", "back"), self.players["generators"].products, strict=True))

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

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """Judge the new pictures if the generators learn, and real and earlier ones if the discriminators do."""
        verdicts: Verdicts = {}
        for each in self._directions:
            if "generators" in movers:
                found = each.judged(None, made[f"{each.makes}_made"], draw)
                verdicts |= {f"generators/{each.makes}/{name}": value for name, value in found.items()}
            if "discriminators" in movers:
                found = each.judged(batch[each.makes], made[f"{each.makes}_earlier"], draw)
                verdicts |= {f"discriminators/{each.makes}/{name}": value for name, value in found.items()}
        return verdicts

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        """See `System.losses`."""
        return (
            self._judges_losses(verdicts) if player == "discriminators" else self._makers_losses(batch, made, verdicts)
        )

    def _makers_losses(self, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        losses: Losses = {}
        for each in self._directions:
            losses[f"{each.names[0]}_gan"] = each.judging.convincing(_of("generators", each, verdicts))
            losses[f"cycle_{each.reads}"] = l1(batch[each.reads], made[f"{each.reads}_again"])
            if self._identity:
                losses[f"identity_{each.makes}"] = l1(batch[each.makes], made[f"{each.makes}_kept"])
        total = tf.add_n([self._weight(name) * loss for name, loss in losses.items()])
        return {"total": total, "generators_total": total, **losses}

    def _weight(self, name: str) -> float:
        return {"cycle": self._cycle, "identity": self._identity}.get(name.partition("_")[0], 1.0)

    def _judges_losses(self, verdicts: Verdicts) -> Losses:
        costs = [each.judging.costs(_of("discriminators", each, verdicts)) for each in self._directions]
        total = tf.add_n([each.pop("total") for each in costs])
        return {"total": total, **{name: loss for each in costs for name, loss in each.items()}}


def _of(player: str, direction: Direction, verdicts: Verdicts) -> Verdicts:
    """Return the verdicts that a player needs about a direction, by the names that `Judging` gives them."""
    beginning = f"{player}/{direction.makes}/"
    return {name.removeprefix(beginning): value for name, value in verdicts.items() if name.startswith(beginning)}


def _direction(
    settings: Settings, precision: Precision, style: InstanceStyle, names: tuple[str, str], reads: Field, makes: Field
) -> Direction:
    maker, judge = _generator(settings, style, reads, makes, names[0]), _discriminator(settings, style, makes, names[1])
    return Direction(
        names,
        reads.name,
        makes.name,
        computing_in(precision, maker, reads.bits == 16),
        computing_in(precision, judge, makes.bits == 16),
        Judging(settings, names[1], factor=0.5),
        Pool(f"pool_{makes.name}", settings.pool_size, makes.shape),
    )


def _generator(settings: Settings, style: InstanceStyle, reads: Field, makes: Field, name: str) -> keras.Model:
    size, filters, channels = (reads.height, reads.width), settings.generator_filters, (reads.channels, makes.channels)
    if settings.generator == "unet":
        return unet.generator(size, style, filters, channels=channels, dropout=False, name=name)
    return resnet.generator(size, style, filters, _BLOCKS[settings.generator], channels, name)


def _discriminator(settings: Settings, style: InstanceStyle, judged: Field, name: str) -> keras.Model:
    size, channels = (judged.height, judged.width), (judged.channels, judged.channels)
    filters, patch = settings.discriminator_filters, settings.receptive_field
    plain = discriminator(size, style, filters, patch, conditional=False, channels=channels, name=name)
    return regularised(plain, settings.discriminator_dropout, settings.spectral_norm)


def set_up(params: Params, examples: Mapping[str, Examples], measures: Mapping[Watched, Likeness]) -> Setup:
    """Return the system with its batches and its look; `systems.job` calls it.

    Args:
        params: the sections seed, data, model and train.
        examples: the examples by role.
        measures: the measures of the selection split, each with its function.
    """
    train = examples["train"]
    system = CycleGAN(cast(Settings, params.model), params.train.precision, train.task, params.seed)
    watching = Watching.of(params.train, examples, measures)
    look = TwoWayLook(system.products["generator"], system.products["back"], watching)
    return Setup(system, Batches(params, train), look)
