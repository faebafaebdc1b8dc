"""OASIS: label maps become pictures by an adversary that reads classes in them (Sushko et al. 2021)."""

from collections.abc import Collection
from functools import partial

import keras
import tensorflow as tf

from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Task, read
from pix2pix.losses import segmenting_judge as game
from pix2pix.losses.reconstruction import l1
from pix2pix.networks.blocks import InstanceStyle
from pix2pix.networks.condition import as_given
from pix2pix.networks.discriminators.pixels import discriminator
from pix2pix.networks.generators import spade
from pix2pix.networks.generators.spade import SpadeStyle
from pix2pix.networks.one_hot import one_hot
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.params.systems.oasis import Oasis as Settings
from pix2pix.systems import paired
from pix2pix.systems.adversarial_curves import gradient_curve
from pix2pix.systems.paired import classes_seen
from pix2pix.systems.players import players_of
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Pictures, System, Verdicts

# The slope of LeakyReLU in the authors' code.
_SLOPE = 0.2


class Oasis(System):
    """OASIS as a `training.system.System`.

    Batches have the fields `input` and `target`, and `instances` where the task has instance maps, which only the
    generator reads. The pictures that are made are called `generated`. The generator moves first; then the
    discriminator meets new pictures of it, from other noise. The verdicts are logits about each pixel of `real`,
    `generated` and `mixed` pictures, the mask of the mixture, and the `classes` of the pixels.
    """

    def __init__(
        self, settings: Settings, precision: Precision, task: Task, seed: int, palette: Palette | None
    ) -> None:
        """Make both networks with their first weights, and their optimisers; see `pix2pix.Pix2Pix`.

        Raises:
            ParamsError: the input is no label map with a palette.
        """
        classes = classes_seen(task, palette)
        size, channels = (task.input.height, task.input.width), (task.input.channels, task.target.channels)
        generator = _generator(settings, size, channels, seed, classes, task.has_instances)
        self.generator = computing_in(precision, generator, task.has_instances)
        style = InstanceStyle(seed, _SLOPE, gain=settings.discriminator_gain)
        judge = discriminator(size, style, settings.discriminator_filters, len(classes.colours), channels[1])
        self.discriminator = computing_in(precision, judge, task.target.bits == 16)
        picture = keras.Input((*size, channels[0]), name="input")
        self._classes = keras.Model(picture, one_hot(picture, classes), name="classes")
        self._labelmix = settings.lambda_labelmix
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.players = players_of(networks, settings, settings.beta_2)
        self.moves = (("generator",), ("discriminator",))
        self.curves = _curves(settings)

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Generate a picture for each input, each from noise of its own."""
        draw.dropout(self.generator)
        return {"generated": self.generator(as_given(read(batch)), training=True)}

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """Return logits for generated pictures and, if the discriminator learns, for real and mixed ones."""
        classes = self._classes(batch["input"])
        if "discriminator" not in movers:
            return {"classes": classes, "generated": self._read(made["generated"])}
        fresh, real = tf.stop_gradient(self.make(batch, draw)["generated"]), batch["target"]
        verdicts = {"classes": classes, "real": self._read(real), "generated": self._read(fresh)}
        if self._labelmix:
            mask = game.mask(classes, draw.uniform("labelmix", [classes.shape[-1]]))
            verdicts |= {"mask": mask, "mixed": self._read(game.mixed(mask, real, fresh))}
        return verdicts

    def _read(self, pictures: tf.Tensor) -> tf.Tensor:
        return self.discriminator(pictures, training=True)

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        """See `System.losses`."""
        if player == "discriminator":
            return self._costs(verdicts)
        convinced = game.as_classes(verdicts["generated"], verdicts["classes"])
        return {
            "total": convinced,
            "generator_gan": convinced,
            "generator_l1": l1(batch["target"], made["generated"]),
        }

    def _costs(self, verdicts: Verdicts) -> Losses:
        real, generated, classes = (verdicts[name] for name in ("real", "generated", "classes"))
        as_real, as_fake = game.as_classes(real, classes), game.as_generated(generated)
        right, found = game.shares_judged(real, generated, classes)
        total = both = as_real + as_fake
        told = {"discriminator_loss": both, "discriminator_real": as_real, "discriminator_fake": as_fake}
        told |= {"discriminator_accuracy_real": right, "discriminator_accuracy_fake": found}
        if self._labelmix:
            mixture = game.inconsistency(verdicts["mask"], real, generated, verdicts["mixed"])
            total, told["discriminator_labelmix"] = both + self._labelmix * mixture, mixture
        return {"total": total, **told}


def _generator(
    settings: Settings, size: tuple[int, int], channels: tuple[int, int], seed: int, classes: Palette, instances: bool
) -> keras.Model:
    batch_norm = settings.generator_norm == "batch"
    style = SpadeStyle(seed, batch_norm=batch_norm, features=settings.spade_features)
    filters, noise = settings.generator_filters, settings.noise_size
    return spade.generator(size, style, filters, spade.OASIS, channels, classes, noise, instances)


def _curves(settings: Settings) -> tuple[Curve, ...]:
    """Return the curves. Neither loss has a neutral value: a discriminator that cannot decide still reads classes."""
    mixture = (Curve("discriminator_labelmix", "discriminator", "penalty"),)
    return (
        Curve("generator_gan", "generator", "persuasion"),
        Curve("generator_l1", "generator", "distance", measure="l1", factor=0.5),
        Curve("discriminator_loss", "discriminator", "loss"),
        *(Curve(f"discriminator_{kind}", "discriminator", "term") for kind in ("real", "fake")),
        *(Curve(f"discriminator_accuracy_{kind}", "discriminator", "accuracy") for kind in ("real", "fake")),
        *(mixture if settings.lambda_labelmix else ()),
        gradient_curve("generator"),
        gradient_curve("discriminator"),
    )


# `systems.job` calls it.
set_up = partial(paired.set_up, Oasis)
