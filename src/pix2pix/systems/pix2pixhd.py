"""pix2pixHD (Wang et al. 2018) and SPADE (Park et al. 2019): judges at several scales, and feature matching."""

from collections.abc import Collection
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Task, read
from pix2pix.losses.feature_matching import feature_matching
from pix2pix.losses.judging import Judging
from pix2pix.losses.perceptual import perceptual
from pix2pix.losses.reconstruction import l1
from pix2pix.networks.blocks import InstanceStyle, Style
from pix2pix.networks.condition import as_given
from pix2pix.networks.discriminators.scales import discriminator
from pix2pix.networks.generators import resnet, spade
from pix2pix.networks.generators.spade import SpadeStyle
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.networks.regularised import regularised
from pix2pix.networks.vgg19 import VGG19
from pix2pix.params.systems.pix2pixhd import Pix2pixHD as Settings
from pix2pix.systems import paired
from pix2pix.systems.adversarial_curves import gradient_curve, judging_curves, persuasion_curve
from pix2pix.systems.paired import classes_seen
from pix2pix.systems.players import WEIGHTS, players_of
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.system import Batch, Losses, Pictures, System, Verdicts

# The norm's ε and the slope of LeakyReLU in both codes.
_EPSILON, _SLOPE = 1e-5, 0.2
# Xavier's gain for the first weights of both networks in SPADE's code.
_GAIN = 0.02
# The players of each move, by `model.update_order`.
_MOVES = {
    "simultaneous": (("generator", "discriminator"),),
    "generator_first": (("generator",), ("discriminator",)),
}


class Pix2pixHD(System):
    """pix2pixHD as a `training.system.System`; with SPADE's generator and values it is SPADE.

    Batches have the fields `input` and `target`, and `instances` where the task has instance maps. The pictures that
    are made are called `generated`. The verdicts are those of `Judging`, whose answers are the logits of all scales
    side by side, the distance of the `features`, and that of VGG19's maps, `vgg`.
    """

    def __init__(
        self, settings: Settings, precision: Precision, task: Task, seed: int, palette: Palette | None = None
    ) -> None:
        """Make both networks with their first weights, and their optimisers; see `pix2pix.Pix2Pix`.

        Raises:
            ParamsError: the networks are to see classes, and the input is no label map with a palette.
        """
        classes = classes_seen(task, palette) if settings.reads_classes else None
        deep = any(field.bits == 16 for field in task.read)
        self.generator = computing_in(precision, _generator(settings, task, seed, classes), deep)
        deep = deep or task.target.bits == 16
        self.discriminator = computing_in(precision, _discriminator(settings, task, seed, classes), deep)
        weights = _weights([scale[-1].shape[1] * scale[-1].shape[2] for scale in self.discriminator.output.values()])
        self._scales = float(settings.discriminator_scales) if settings.scales_loss == "sum" else 1.0
        self._judging = Judging(
            settings, factor=WEIGHTS[settings.discriminator_loss], weights=weights, times=self._scales
        )
        self._features_weight, self._vgg_weight = settings.lambda_features, settings.lambda_vgg
        self._vgg = VGG19(settings.vgg_weights) if settings.has_vgg and settings.vgg_weights else None
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        self.players = players_of(networks, settings, settings.beta_2)
        self.moves = _MOVES[settings.update_order]
        self.curves = _curves(settings)

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Generate a picture for each input."""
        draw.dropout(self.generator)
        return {"generated": self.generator(as_given(read(batch)), training=True)}

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:
        """Return logits, and the distances of features if the generator learns from them.

        A discriminator that moves alone meets pictures of the generator that has just learned, as in SPADE's code.
        """
        learns, matches = "discriminator" in movers, "generator" in movers and self._features_weight > 0
        generated = made["generated"]
        if "generator" not in movers:
            generated = tf.stop_gradient(self.make(batch, draw)["generated"])
        draw.dropout(self.discriminator)
        features: list[list[list[tf.Tensor]]] = []

        def critic(picture: tf.Tensor, *conditions: tf.Tensor) -> tf.Tensor:
            scales = self.discriminator([*conditions, picture], training=True).values()
            features.append([[tf.cast(maps, tf.float32) for maps in scale[:-1]] for scale in scales])
            return tf.concat([_flat(scale[-1]) for scale in scales], axis=1)

        real = batch["target"] if learns or matches else None
        verdicts = self._judging.verdicts(critic, real, generated, read(batch), draw)
        if matches:
            verdicts["features"] = feature_matching(features[0], features[1])
        if self._vgg and "generator" in movers:
            verdicts["vgg"] = perceptual(self._vgg(batch["target"]), self._vgg(generated))
        return verdicts

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:
        """See `System.losses`."""
        if player == "discriminator":
            return self._judging.costs(verdicts)
        convinced = self._judging.convincing(verdicts)
        distance = l1(batch["target"], made["generated"])
        total, told = self._scales * convinced, {"generator_gan": convinced, "generator_l1": distance}
        if self._features_weight:
            total += self._features_weight * verdicts["features"]
            told["generator_features"] = verdicts["features"]
        if self._vgg:
            total += self._vgg_weight * verdicts["vgg"]
            told["generator_vgg"] = verdicts["vgg"]
        return {"total": total, "generator_total": total, **told}


def _flat(logits: tf.Tensor) -> tf.Tensor:
    """Return the logits of each picture in one row, in float32."""
    return tf.cast(tf.reshape(logits, [tf.shape(logits)[0], -1]), tf.float32)


def _weights(counts: list[int]) -> NDArray[np.float32]:
    """Return the weights of answers side by side with which their mean is the mean over the scales of their means."""
    return np.concatenate([np.full(count, sum(counts) / len(counts) / count, np.float32) for count in counts])


def _generator(settings: Settings, task: Task, seed: int, classes: Palette | None) -> keras.Model:
    size, channels = (task.input.height, task.input.width), (task.input.channels, task.target.channels)
    filters, batch_norm = settings.generator_filters, settings.generator_norm == "batch"
    if settings.generator == "spade":
        spade_style = SpadeStyle(seed, batch_norm=batch_norm, features=settings.spade_features)
        return spade.generator(size, spade_style, filters, spade.SPADE, channels, classes, instances=task.has_instances)
    kind = Style if batch_norm else InstanceStyle
    style = kind(seed, norm_epsilon=_EPSILON, bias=True)
    return resnet.generator(
        size, style, filters, channels=channels, halvings=4, classes=classes, instances=task.has_instances
    )


def _discriminator(settings: Settings, task: Task, seed: int, classes: Palette | None) -> keras.Model:
    style = InstanceStyle(seed, _SLOPE, _EPSILON, gain=_GAIN if settings.generator == "spade" else 0.0)
    plain = discriminator(
        (task.input.height, task.input.width),
        style,
        settings.discriminator_filters,
        settings.discriminator_scales,
        settings.discriminator_layers,
        (task.input.channels, task.target.channels),
        classes,
        settings.spectral_norm,
        task.has_instances,
    )
    return regularised(plain, settings.discriminator_dropout)


def _curves(settings: Settings) -> tuple[Curve, ...]:
    features = (Curve("generator_features", "generator", "distance", weight=settings.lambda_features),)
    vgg = (Curve("generator_vgg", "generator", "distance", weight=settings.lambda_vgg),)
    return (
        Curve("generator_total", "generator", "loss"),
        persuasion_curve(settings, "generator_gan", "generator"),
        Curve("generator_l1", "generator", "distance", measure="l1", factor=0.5),
        *(features if settings.lambda_features else ()),
        *(vgg if settings.has_vgg else ()),
        *judging_curves(settings, settings.discriminator_loss == "mean"),
        gradient_curve("generator"),
        gradient_curve("discriminator"),
    )


# `systems.job` calls it.
set_up = partial(paired.set_up, Pix2pixHD)
