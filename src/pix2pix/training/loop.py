"""The training loop: epochs of steps, with checkpoints, losses, sample pictures and validation along the way."""

import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from pix2pix.base import hardware, pictures
from pix2pix.base.errors import StoppedError
from pix2pix.data.batches import Jitter, Pairs, epoch_batches, plain, windows
from pix2pix.data.tasks import Task
from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.networks.precision import computing_in
from pix2pix.params import Model, Train
from pix2pix.training import checkpoint
from pix2pix.training.progress import Progress, Row, mean_row, numbers
from pix2pix.training.schedule import learning_rate
from pix2pix.training.selection import selected_epoch
from pix2pix.training.step import TrainingStep, objective
from pix2pix.training.watched import Watched

Image = NDArray[np.uint8]
# How alike a real and a generated picture are.
Measure = Callable[[Image, Image], float]
# Validation and samples use these dropout masks, so that they differ by the weights alone.
SEEN_DROPOUT = 0


def _nothing(*_: object) -> None:
    """What happens to news nobody asked for."""


Stop = Callable[[], signal.Signals | None]


def _never() -> None:
    """Nobody asks to stop."""


@dataclass(frozen=True)
class Watchers:
    """Who is told how training goes. None of them can change it.

    A run that goes on tells everything from its beginning once more: whoever missed a part can fill it in.

    Attributes:
        losses: a row of `Progress.losses`, every `train.log_every` steps.
        validation: a row of `Progress.validation`, after each epoch.
        samples: (epoch, uint8 RGB grid of input | generated | real), after some epochs.
    """

    losses: Callable[[Row], None] = field(default=_nothing)
    validation: Callable[[Row], None] = field(default=_nothing)
    samples: Callable[[int, Image], None] = field(default=_nothing)

    def catch_up(self, progress: Progress) -> None:
        """Tell all that a run has measured so far."""
        for row in progress.losses:
            self.losses(dict(row))
        for row in progress.validation:
            self.validation(dict(row))
        for epoch, grid in progress.samples.items():
            self.samples(epoch, grid)


@dataclass(frozen=True)
class Trained:
    """What training leaves behind.

    Attributes:
        last: the generator after the last epoch.
        selected: the generator of the epoch that `train.select` chose; often the last.
        epoch: that epoch, from 1.
        progress: of the whole run, earlier sessions included.
    """

    last: keras.Model
    selected: keras.Model
    epoch: int
    progress: Progress


class _Session:
    """One start of a run: where it stands, when it saves, and how it stops."""

    def __init__(self, settings: Train, total: int, folder: Path, training: TrainingStep, stop: Stop) -> None:
        """`total` is the number of steps in all; the others are arguments of `train`."""
        self.settings, self.total, self.folder, self.training, self.stop = settings, total, folder, training, stop
        self.progress, self.occasion = checkpoint.restore(folder, training, self.total)
        self._saved = self._lap = time.perf_counter()

    def where(self) -> str:
        """From where training goes on, and why."""
        step, name = self.progress.step, self.folder.name
        if step == 0:
            return f"starting at step 0 of {self.total:,} of fingerprint {name}, because it has no checkpoint"
        saved = f"a checkpoint of the same parameters, data and code was saved {self.occasion}"
        if step == self.total:
            return (
                f"fingerprint {name} has all its {self.total:,} steps ({saved}), so its result is used again; "
                f"`make clean-checkpoints RUN={name}` has it trained anew"
            )
        return f"resuming at step {step:,} of {self.total:,} of fingerprint {name}, because {saved}"

    def stop_at_once(self) -> None:
        """Before the first step there is nothing to save.

        Raises:
            StoppedError: somebody asked to stop.
        """
        if (asked := self.stop()) and self.progress.step < self.total:
            raise StoppedError(f"stopped by {asked.name} before the first step; `dvc repro` goes on", asked)

    def pause(self) -> None:
        """Stop the clock that `resume` starts: what comes now is no training."""
        self.progress.seconds += time.perf_counter() - self._lap
        self.progress.peak_memory_gb = max(self.progress.peak_memory_gb, hardware.peak_memory_gb())

    def resume(self) -> None:
        """Start the clock again."""
        self._lap = time.perf_counter()

    def save_if_due(self, epoch: int, ended: bool) -> None:
        """Save after an epoch that is to be kept, after so many minutes, or because somebody asks to stop.

        Args:
            epoch: the one that is being trained or has just ended, from 1.
            ended: it has ended, and what belongs to its end is done.

        Raises:
            StoppedError: somebody asked to stop; everything is saved.
        """
        asked, minutes = self.stop(), (time.perf_counter() - self._saved) / 60
        kept = ended and (epoch % self.settings.checkpoint_epochs == 0 or epoch == self.settings.all_epochs)
        if not (kept or asked or minutes >= self.settings.checkpoint_minutes):
            return
        self.pause()
        step = self.progress.step
        self.progress.pending = [*numbers(self.progress.pending, epoch, step)]
        why = f"after epoch {epoch}" if kept else f"on {asked.name}" if asked else f"after {minutes:.3g} minutes"
        keep = self.settings.keep_checkpoints
        checkpoint.save(self.folder, self.training, self.progress, why, epoch if kept else None, keep)
        self._saved = time.perf_counter()
        self.resume()
        if asked and step < self.total:
            raise StoppedError(
                f"stopped by {asked.name} at step {step:,} of {self.total:,} (epoch {epoch} of "
                f"{self.settings.all_epochs}), which is saved; `dvc repro` goes on from there",
                asked,
            )


def build(model: Model, settings: Train, image_size: int, seed: int) -> TrainingStep:
    """Both networks with their first weights, and their optimisers, as the sections `model` and `train` say."""
    style = Style(seed, model.leaky_slope, model.norm_epsilon, model.norm_gamma_stddev)
    goal = objective(model.loss, model.lambda_l1, model.discriminator_loss, model.update_order)
    skips = model.generator == "unet"
    maker = computing_in(
        settings.precision,
        generator(image_size, style, model.generator_filters, skips, model.bottleneck_norm),
    )
    judge = None
    if goal.adversarial:
        judge = computing_in(
            settings.precision,
            discriminator(image_size, style, model.discriminator_filters, model.receptive_field, goal.conditional),
        )
    selected = None if settings.select == "last" else keras.models.clone_model(maker)
    compiled = hardware.has_gpu()
    return TrainingStep(maker, judge, goal, model.learning_rate, model.beta_1, seed, selected, compiled)


def train(
    model: Model,
    settings: Train,
    task: Task,
    seed: int,
    pairs: Pairs,
    watched: Pairs | None,
    measures: Mapping[Watched, Measure],
    image_size: int,
    folder: Path,
    watchers: Watchers,
    stop: Stop = _never,
) -> Trained:
    """Train from the newest checkpoint in `folder`, or from the first weights, to the last epoch.

    Args:
        model, settings: the sections `model` and `train`.
        task: which half is input and which is target.
        seed: the run's seed.
        pairs: training pairs, uint8 `(image_size, image_size, 3)` halves.
        watched: pairs that are measured after each epoch (the first `validation_pairs`) and that are drawn as they
            improve (the first `sample_pairs`); None: nothing is measured, and training pairs are drawn.
        measures: by what they are measured, each with its function.
        image_size: side of the pictures in pixels.
        folder: where the checkpoints of this run go; its name is the run's fingerprint.
        watchers: who is told.
        stop: asked after every step (on a GPU: window of steps); the signal that asks training to stop, or None.

    Raises:
        StoppedError: `stop` gave a signal; everything is saved.
        TrainingError: a loss or a weight is no longer finite, or no checkpoint is sound.
    """
    training = build(model, settings, image_size, seed)
    steps = -(-len(pairs) // settings.batch_size)
    session = _Session(settings, settings.all_epochs * steps, folder, training, stop)
    progress = session.progress
    print(session.where(), flush=True)
    watchers.catch_up(progress)
    session.stop_at_once()
    jitter, used = _jitter(settings, task, image_size), GeneratorInUse(training.generator)
    shown = pairs if watched is None else watched
    with _progress_bar(settings.all_epochs * len(pairs), progress.images) as bar:
        while progress.step < session.total:
            done, skip = divmod(progress.step, steps)
            epoch = done + 1
            training.set_learning_rate(learning_rate(model.learning_rate, done, settings.epochs, settings.decay_epochs))
            batches = epoch_batches(
                pairs,
                task,
                jitter,
                settings.batch_size,
                settings.buffer_size,
                seed,
                done,
                windows(len(pairs), settings.batch_size, hardware.steps_a_call(), settings.log_every, skip),
            )
            session.resume()
            for inputs, targets in batches:
                progress.pending.append(training(inputs, targets, progress.step))
                progress.step += len(inputs)
                images = inputs.shape[0] * inputs.shape[1]
                progress.images += images
                place = progress.step % steps
                ended = place == 0
                if ended or place % settings.log_every == 0:
                    rows = numbers(progress.pending, epoch, progress.step)
                    progress.losses.append(mean_row(rows, epoch, progress.step))
                    progress.pending = []
                    watchers.losses(dict(progress.losses[-1]))
                    _show(bar, progress.losses[-1], settings.all_epochs)
                if not ended:
                    session.save_if_due(epoch, ended=False)
                bar.update(images)  # last: a closed pipe must not come before the save
            session.pause()
            used.refresh(training.generator)
            if watched is not None:
                progress.validation.append(_validation(epoch, used, watched, task, settings.validation_pairs, measures))
                watchers.validation(dict(progress.validation[-1]))
            if training.selected is not None and epoch == selected_epoch(
                progress.validation, settings.select, epoch, measures
            ):
                training.selected.set_weights(training.generator.get_weights())
            if _worth_drawing(epoch, settings.all_epochs):
                progress.samples[epoch] = _samples(used, shown, task, settings.sample_pairs)
                watchers.samples(epoch, progress.samples[epoch])
            session.resume()
            session.save_if_due(epoch, ended=True)
    epoch = selected_epoch(progress.validation, settings.select, settings.all_epochs, measures)
    selected = training.generator if training.selected is None else training.selected
    return Trained(training.generator, selected, epoch, progress)


def _jitter(settings: Train, task: Task, image_size: int) -> Jitter:
    """Label maps are never smoothed: colours between two classes are none."""
    smooth = settings.resize == "bicubic"
    return Jitter(
        image_size,
        settings.jitter_scale,
        settings.mirror,
        smooth_input=smooth and not task.input_is_label,
        smooth_target=smooth and not task.target_is_label,
    )


def _validation(
    epoch: int, used: GeneratorInUse, watched: Pairs, task: Task, count: int, measures: Mapping[Watched, Measure]
) -> Row:
    """The mean of each measure over the first `count` pairs."""
    seen = [(target, used(input_, SEEN_DROPOUT)) for input_, target in plain(watched, task, count)]
    means = {row.key: float(np.mean([measure(*pictures) for pictures in seen])) for row, measure in measures.items()}
    return {"epoch": epoch} | {f"validation_{key}": mean for key, mean in means.items()}


def _samples(used: GeneratorInUse, watched: Pairs, task: Task, count: int) -> Image:
    return pictures.grid(
        [[input_, used(input_, SEEN_DROPOUT), target] for input_, target in plain(watched, task, count)]
    )


def _worth_drawing(epoch: int, epochs: int) -> bool:
    """After 1, 2, 5, 10, 20, 50, … epochs, and the last: early ones differ most."""
    return epoch == epochs or str(epoch).rstrip("0") in ("1", "2", "5")


def _progress_bar(total: int, done: int) -> tqdm:
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
