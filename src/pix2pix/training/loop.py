"""The training loop: epochs of windows of steps, with losses, looks and checkpoints along the way."""

import sys
from dataclasses import dataclass

import keras
import pandas as pd
from tqdm import tqdm

from pix2pix.base import hardware
from pix2pix.training.curves import Curve
from pix2pix.training.followers import Followers
from pix2pix.training.looks import Look
from pix2pix.training.plan import Plan
from pix2pix.training.progress import Progress, Row
from pix2pix.training.replicas import Replicas
from pix2pix.training.schedule import learning_rate
from pix2pix.training.selection import selected_epoch
from pix2pix.training.session import Session
from pix2pix.training.source import Source, Step
from pix2pix.training.system import System
from pix2pix.training.watched import Watched
from pix2pix.training.windows import Windows

# The number of figures that fit beside the progress bar.
SHOWN = 3


@dataclass(frozen=True)
class Trained:
    """The result of a training.

    Attributes:
        last: the system's products after the last epoch, by name.
        selected: the products after the epoch that the plan has chosen, which is often the last.
        epoch: the number of the chosen epoch, from 1.
        progress: the progress of the whole run, including earlier sessions.
        curves: the curves of the system.
        watched: the measures that were taken after the epochs.
        ancestor: the run that this run continues, if any; see `Session`.
    """

    last: dict[str, keras.Model]
    selected: dict[str, keras.Model]
    epoch: int
    progress: Progress
    curves: tuple[Curve, ...]
    watched: tuple[Watched, ...]
    ancestor: str | None

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the rows of losses and of validation as tables."""
        return pd.DataFrame(self.progress.losses), pd.DataFrame(self.progress.validation)


def train(
    system: System, source: Source, plan: Plan, look: Look, seed: int, session: Session, followers: Followers
) -> Trained:
    """Train from the session's start to the last epoch.

    Args:
        system: the system, as the session has restored it.
        source: the batches.
        plan: how long to train.
        look: what happens after each epoch.
        seed: the seed of the run.
        session: where the run stands; it saves and stops.
        followers: they get the figures and pictures.

    Raises:
        StoppedError: a signal asked training to stop; everything is saved.
        DivergedError: a loss or a weight is no longer finite, or no network learns any more.
    """
    step, progress = _step(system, plan, seed, session), session.progress
    progress.samples = {epoch: grid for epoch, grid in progress.samples.items() if look.draws(epoch)}
    followers.catch_up(progress)
    session.stop_at_once()
    with _progress_bar(plan, progress.images) as bar:
        for epoch in range(progress.step // plan.steps_an_epoch + 1, plan.epochs + 1):
            _set_learning_rates(system, epoch, plan)
            session.resume()
            for given in step.fed(source, plan, epoch - 1, skip=progress.step % plan.steps_an_epoch):
                images = progress.count(step(given, progress.step), plan)
                place = progress.step % plan.steps_an_epoch
                if place == 0 or place % plan.log_every == 0:
                    followers.losses(progress.close_row(epoch))
                    _show(bar, progress.losses[-1], plan)
                if place:
                    session.save_if_due(epoch, ended=False)
                bar.update(images)  # this comes last, because it may fail at a closed pipe
            session.pause()
            _look(look, epoch, session, followers)
            session.resume()
            session.save_if_due(epoch, ended=True)
    chosen = selected_epoch(progress.validation, plan, plan.epochs)
    last = dict(system.products)
    return Trained(
        last=last,
        selected=session.selected.models or last,
        epoch=chosen,
        progress=progress,
        curves=system.curves,
        watched=look.watched,
        ancestor=session.ancestor,
    )


def _step(system: System, plan: Plan, seed: int, session: Session) -> Step:
    """Return the step: of one batch, on one device, or of several batches on as many devices as there are."""
    compiled = hardware.has_gpu()
    if plan.replicas == 1:
        return Windows(system, seed, compiled)
    return Replicas(system, seed, plan, session.memories, session.layout, compiled)


def _set_learning_rates(system: System, epoch: int, plan: Plan) -> None:
    """Set the learning rate of an epoch (from 1) for every player that has no schedule of its own."""
    for player in system.players.values():
        if player.learning_rate is not None:
            rate = learning_rate(player.learning_rate, epoch - 1, plan.constant_epochs, plan.decay_epochs)
            player.optimizer.learning_rate.assign(rate)


def _look(look: Look, epoch: int, session: Session, followers: Followers) -> None:
    """Measure and draw after an epoch, and keep the products if they are the best so far."""
    progress = session.progress
    if (row := look.validation(epoch)) is not None:
        progress.validation.append(row)
        followers.validation(row)
        session.selected.update(progress.validation, epoch)
    if look.draws(epoch):
        progress.samples[epoch] = look.sample(epoch)
        followers.sample(progress.samples[epoch], epoch)


def _progress_bar(plan: Plan, done: int) -> tqdm:
    # A log file gets a line now and then; a terminal gets a bar that moves.
    every = 0.5 if sys.stderr.isatty() else 30
    total = plan.epochs * plan.examples
    return tqdm(total=total, initial=done, unit=" images", mininterval=every, smoothing=0.05, dynamic_ncols=True)


def _show(bar: tqdm, row: Row, plan: Plan) -> None:
    """Show the first figures of a row beside the bar."""
    bar.set_description(f"epoch {row['epoch']:.0f}/{plan.epochs}", refresh=False)
    figures = {name: value for name, value in row.items() if name not in ("epoch", "step")}
    bar.set_postfix({name: f"{value:.3f}" for name, value in list(figures.items())[:SHOWN]}, refresh=False)
