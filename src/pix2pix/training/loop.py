"""The training loop: epochs of steps, with checkpoints, losses, sample pictures and validation along the way."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pix2pix import pictures
from pix2pix.data.batches import Jitter, Pairs, epoch_batches, plain
from pix2pix.data.tasks import Task
from pix2pix.files import whole
from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminator import discriminator
from pix2pix.networks.generator import generator
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.params import Train
from pix2pix.training import checkpoint, times
from pix2pix.training.history import History, Row, window_row
from pix2pix.training.step import Losses, TrainingStep, learning_rate, objective

Image = NDArray[np.uint8]
# Validation and samples use these dropout masks, so that they differ by the weights alone.
SEEN_DROPOUT = 0


def _nothing(*_: object) -> None:
    """What happens to news nobody asked for."""


@dataclass(frozen=True)
class Watchers:
    """Who is told how training goes. None of them can change it.

    Attributes:
        losses: a row of `History.losses`, every `train.log_every` steps.
        validation: a row of `History.validation`, after each epoch.
        samples: (epoch, uint8 RGB grid of input | generated | real), after some epochs.
    """

    losses: Callable[[Row], None] = field(default=_nothing)
    validation: Callable[[Row], None] = field(default=_nothing)
    samples: Callable[[int, Image], None] = field(default=_nothing)


@dataclass(frozen=True)
class Trained:
    """What training leaves behind.

    Attributes:
        generator: with the weights of the last epoch.
        history: of the whole run, earlier sessions included.
    """

    generator: keras.Model
    history: History


def build(settings: Train, image_size: int, seed: int) -> TrainingStep:
    """Both networks with their first weights, and their optimisers, as `train` describes them."""
    style = Style(seed, settings.leaky_slope, settings.norm_epsilon, settings.norm_gamma_stddev)
    goal = objective(settings.loss, settings.lambda_l1, settings.discriminator_loss, settings.update_order)
    skips = settings.generator == "unet"
    maker = generator(image_size, style, settings.generator_filters, skips, settings.bottleneck_norm)
    judge = None
    if goal.adversarial:
        judge = discriminator(
            image_size, style, settings.discriminator_filters, settings.receptive_field, goal.conditional
        )
    return TrainingStep(maker, judge, goal, settings.learning_rate, settings.beta_1, seed)


def train(
    settings: Train,
    task: Task,
    seed: int,
    pairs: Pairs,
    watched: Pairs | None,
    image_size: int,
    folder: Path,
    watchers: Watchers,
) -> Trained:
    """Train from the newest checkpoint in `folder`, or from the first weights, to the last epoch.

    Args:
        settings: the `train` section.
        task: which half is input and which is target.
        seed: the run's seed.
        pairs: training pairs, uint8 `(image_size, image_size, 3)` halves.
        watched: pairs whose L1 is measured after each epoch (the first `validation_pairs`) and that are drawn as
            they improve (the first `sample_pairs`); None: nothing is measured, and training pairs are drawn.
        image_size: side of the pictures in pixels.
        folder: where checkpoints and sample pictures of this run go.
        watchers: who is told.

    Raises:
        TrainingError: a loss is no longer finite, or the checkpoint is damaged.
    """
    training = build(settings, image_size, seed)
    start, history = checkpoint.restore(folder, training)
    print(f"resuming after epoch {start} from {folder}" if start else f"starting; checkpoints go to {folder}")
    smooth = settings.resize == "bicubic"
    jitter = Jitter(
        image_size,
        settings.jitter_scale,
        settings.mirror,
        smooth_input=smooth and not task.input_is_label,
        smooth_target=smooth and not task.target_is_label,
    )
    steps = -(-len(pairs) // settings.batch_size)
    used = GeneratorInUse(training.generator)
    unsaved, seconds = 0, 0.0
    with _progress(settings.epochs * len(pairs), start * len(pairs)) as bar:
        for epoch in range(start, settings.epochs):
            rate = learning_rate(settings.learning_rate, settings.learning_rate_schedule, epoch, settings.epochs)
            training.set_learning_rate(rate)
            batches = epoch_batches(pairs, task, jitter, settings.batch_size, settings.buffer_size, seed, epoch)
            window: list[Losses] = []
            began = time.perf_counter()
            for step, (input_, target) in enumerate(batches, start=epoch * steps):
                window.append(training(input_, target, step))
                bar.update(len(input_))
                if len(window) == settings.log_every or step + 1 == (epoch + 1) * steps:
                    history.losses.append(window_row(epoch + 1, step + 1, window))
                    window = []
                    watchers.losses(dict(history.losses[-1]))
                    _show(bar, history.losses[-1], settings.epochs)
            unsaved, seconds = unsaved + 1, seconds + time.perf_counter() - began
            used.refresh(training.generator)
            if watched is not None:
                history.validation.append(_validation(epoch + 1, used, watched, task, settings.validation_pairs))
                watchers.validation(dict(history.validation[-1]))
            if _worth_drawing(epoch + 1, settings.epochs):
                samples = _samples(used, pairs if watched is None else watched, task, settings.sample_pairs)
                with whole(folder / "samples" / f"epoch-{epoch + 1:04d}.png") as temporary:
                    pictures.save_png(temporary, samples)
                watchers.samples(epoch + 1, samples)
            if (epoch + 1) % settings.checkpoint_epochs == 0 or epoch + 1 == settings.epochs:
                checkpoint.save(folder, epoch + 1, training, history)
                times.add(folder, unsaved * steps, unsaved * len(pairs), seconds)
                unsaved, seconds = 0, 0.0
    return Trained(training.generator, history)


def _validation(epoch: int, used: GeneratorInUse, watched: Pairs, task: Task, count: int) -> Row:
    """Mean absolute difference to the real pictures, of the range 0 to 1."""
    distances = [
        np.abs(used(input_, SEEN_DROPOUT).astype(float) - target).mean() / 255
        for input_, target in plain(watched, task, count)
    ]
    return {"epoch": epoch, "validation_l1": float(np.mean(distances))}


def _samples(used: GeneratorInUse, watched: Pairs, task: Task, count: int) -> Image:
    return pictures.grid(
        [[input_, used(input_, SEEN_DROPOUT), target] for input_, target in plain(watched, task, count)]
    )


def _worth_drawing(epoch: int, epochs: int) -> bool:
    """After 1, 2, 5, 10, 20, 50, … epochs, and the last: early ones differ most."""
    return epoch == epochs or str(epoch).rstrip("0") in ("1", "2", "5")


def _progress(total: int, done: int) -> tqdm:
    # A log file wants a line now and then, a terminal a bar that moves.
    every = 0.5 if sys.stderr.isatty() else 30
    return tqdm(total=total, initial=done, unit=" images", mininterval=every, smoothing=0.05, dynamic_ncols=True)


def _show(bar: tqdm, row: Row, epochs: int) -> None:
    bar.set_description(f"epoch {row['epoch']:.0f}/{epochs}", refresh=False)
    shown = {
        "G": row["generator_total"],
        "L1": row["generator_l1"],
        **({"D": row["discriminator_loss"]} if "discriminator_loss" in row else {}),
    }
    bar.set_postfix({name: f"{value:.3f}" for name, value in shown.items()}, refresh=False)
