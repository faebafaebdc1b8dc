"""A bridge: one network learns the way from an input, with noise, to its target (Albergo et al. 2023; see `flow`)."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import cast

import keras
import tensorflow as tf

from pix2pix.data.examples import Examples
from pix2pix.data.labels import Palette
from pix2pix.data.tasks import Task
from pix2pix.losses.reconstruction import l1
from pix2pix.networks import flow
from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.timed_unet import generator
from pix2pix.networks.precision import Precision, computing_in
from pix2pix.params import Params
from pix2pix.params.systems.bridge import Bridge as Settings
from pix2pix.systems import paired
from pix2pix.systems.adversarial_curves import gradient_curve
from pix2pix.systems.paired import classes_seen
from pix2pix.training.average import Average
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.job import Setup
from pix2pix.training.looks import Likeness
from pix2pix.training.optimizers import Adam
from pix2pix.training.system import Batch, Losses, Pictures, Player, System, Verdicts
from pix2pix.training.walk_look import WalkLook
from pix2pix.training.watched import Watched

_CURVES = (
    Curve("generator_loss", "generator", "loss"),
    # The pictures of the loss span 2, from -1 to 1; the pictures of the measure span 1.
    Curve("generator_l1", "generator", "distance", measure="l1", factor=0.5),
    gradient_curve("generator"),
)


class Bridge(System):
    """A bridge as a `training.system.System`.

    Batches have the fields `input` and `target`. Each example is seen at a time of its own. What is made is the answer
    of the network there, `answer`, the one that it should give, `wanted`, and the guess of the target that follows from
    its answer, `generated`.
    """

    def __init__(
        self, settings: Settings, precision: Precision, task: Task, seed: int, palette: Palette | None = None
    ) -> None:
        """Make the network with its first weights, its average and its optimiser; see `pix2pix.Pix2Pix`.

        Raises:
            ParamsError: the network is to see classes, and the input is no label map with a palette.
        """
        size, channels = (task.input.height, task.input.width), (task.input.channels, task.target.channels)
        classes = classes_seen(task, palette) if settings.reads_classes else None
        filters, depth = settings.generator_filters, settings.generator_depth
        network = generator(size, Style(seed), filters, depth, channels, classes)
        self.generator = computing_in(precision, network, 16 in (task.input.bits, task.target.bits))
        self._noise, self._is_label = settings.noise_level, task.input.is_label
        self.players = {"generator": _player(self.generator, settings)}
        self.moves = (("generator",),)
        self.curves = _CURVES

    def make(self, batch: Batch, draw: Draw) -> Pictures:
        """Ask the network at a place on the way of each example; time and noise follow from the draw."""
        given, target = batch["input"], batch["target"]
        time = draw.uniform("time", [tf.shape(target)[0], 1, 1, 1])
        where = flow.place(given, target.shape[-1], self._is_label)
        begin = where + self._noise * draw.normal("start", tf.shape(target))
        state = flow.between(begin, target, time)
        seen = flow.seen(state, where, time, self._noise)
        answer = self.generator([seen, time[:, :, 0, 0], given], training=True)
        slope = flow.velocity(answer, state, where, time, self._noise)
        return {
            "answer": answer,
            "wanted": flow.wanted(target - begin, state, where, time, self._noise),
            "generated": state + (1 - time) * slope,
        }

    def judge(self, movers: Collection[str], batch: Batch, made: Pictures, draw: Draw) -> Verdicts:  # noqa: ARG002
        """Return nothing: no player judges, because the loss compares with the target."""
        return {}

    def losses(self, player: str, batch: Batch, made: Pictures, verdicts: Verdicts) -> Losses:  # noqa: ARG002
        """Return the squared error of the answer, and the L1 of the guess, which is only measured."""
        loss = tf.reduce_mean((made["answer"] - made["wanted"]) ** 2)
        return {"total": loss, "generator_loss": loss, "generator_l1": l1(batch["target"], made["generated"])}


def _player(network: keras.Model, settings: Settings) -> Player:
    rate = settings.learning_rate
    optimizer = Adam(rate, beta_1=settings.beta_1, beta_2=settings.beta_2, name="generator_adam")
    optimizer.build(network.trainable_weights)
    averages = (Average(network, settings.ema),) if settings.ema else ()
    return Player((network,), optimizer, rate, makes=True, averages=averages)


def set_up(params: Params, examples: Mapping[str, Examples], measures: Mapping[Watched, Likeness]) -> Setup:
    """Return the system with its batches and its look; `systems.job` calls it.

    Args:
        params: the sections seed, data, model and train.
        examples: the examples by role.
        measures: the measures of the selection split, each with its function.
    """
    looking = partial(WalkLook, walk=cast(Settings, params.model).walk)
    return paired.set_up(Bridge, params, examples, measures, looking)
