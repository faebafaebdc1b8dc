"""One trial of a search: its values, its experiment, its figure."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import TrialState

from pix2pix import params
from pix2pix.base.errors import ParamsError, StoppedError, UserError, tell
from pix2pix.pipeline import experiments
from pix2pix.pipeline.search import store, umpire
from pix2pix.pipeline.search.objective import Objective, figures
from pix2pix.pipeline.search.space import Space
from pix2pix.pipeline.stopping import Stopped
from pix2pix.pipeline.workspace import overridden
from pix2pix.reports.layout import value as written
from pix2pix.reports.run import read_run
from pix2pix.training.trial import GO_ON, PRUNE, SEARCH, TAKEN

# What a trial notes in the store beside its values: of its training, and all of its figures.
FINGERPRINT, SECONDS, FIGURES = "fingerprint", "seconds", "figures"
# Before this share of its epochs no trial is pruned: early figures say little about late ones.
_SPARED = 0.25


class FailedTrialError(UserError):
    """A trial has no figure. The search continues."""


@dataclass(frozen=True)
class Search:
    """What all trials of a search share.

    Attributes:
        name: the name of the search. That of an experiment has the number of the trial after it.
        url: the address of the store.
        text: the text of the parameters file.
        content: its content, with the values that all trials have.
        fixed: these values, by path.
        changes: the same, and the values that a clone needs.
        space: the parameters that are varied.
        objective: the figure by which trials are compared.
        figures: the names of the figures that stand in the table.
        again: the command line that resumes the search after a stop.
    """

    name: str
    url: str
    text: str
    content: dict[str, Any]
    fixed: Mapping[str, Any]
    changes: Mapping[str, Any]
    space: Space
    objective: Objective
    figures: tuple[str, ...]
    again: str


def run(search: Search, trial: optuna.Trial, clone: Path) -> float:
    """Run a trial, and return its figure.

    Raises:
        FailedTrialError: its values are impossible together, a stage failed, or its run lacks the figure.
        UpdateFinishedTrialError: this process seemed dead, and another worker has ended the trial.
        optuna.TrialPruned: its figures were behind those of other trials.
        StoppedError, Stopped: a signal asked this process to stop; the same values wait to be tried again.
    """
    try:
        return _run(search, trial, clone)
    except FailedTrialError as error:
        tell(error)
        raise
    except (StoppedError, Stopped):
        # Optuna marks a trial that raises as failed. This is what it does for those whose worker has died.
        noted = trial.study.trials[trial.number]
        if noted.state is TrialState.RUNNING:
            RetryHeartbeatStaleTrialCallback()(trial.study, noted)
        raise


def _run(search: Search, trial: optuna.Trial, clone: Path) -> float:
    values = {path: entry.suggested(trial, path) for path, entry in search.space.items()}
    print(f"\ntrial {trial.number}: {shown(values)}", flush=True)
    try:
        chosen = params.check(overridden(search.content, values), f"trial {trial.number}")
    except ParamsError as error:
        raise FailedTrialError(str(error)) from None
    judge = _Judge(search, trial, chosen.train.all_epochs)
    with umpire.listening(judge.answer) as address:
        name, changes = f"{search.name}-{trial.number}", {**search.changes, **values}
        done = experiments.run(clone, name, search.text, changes, search.again, **{SEARCH: address})
    if judge.taken:
        raise UpdateFinishedTrialError
    if judge.pruned_after and not done:
        print(f"trial {trial.number}: pruned after epoch {judge.pruned_after}", flush=True)
        raise optuna.TrialPruned
    if not done:
        raise FailedTrialError(f"trial {trial.number}: its run failed, see above; the search continues")
    return _figure(search.objective, trial, clone)


def shown(values: Mapping[str, Any]) -> str:
    """Write values for a person: `model.lambda_l1=57.31 train.resize=nearest`."""
    return " ".join(f"{path}={rounded(value)}" for path, value in values.items())


def rounded(value: Any) -> str:
    """Write a value as `params.yaml` does, a number with four digits at most."""
    return f"{value:.4g}" if isinstance(value, float) else written(value)


def _figure(objective: Objective, trial: optuna.Trial, clone: Path) -> float:
    """Note the figures of a finished run, and return that of the objective.

    If DVC had the outputs of the training already, no epoch was reported. So the validation is read from the outputs,
    for the comparison with other trials.
    """
    found = read_run(clone)
    if objective.watched:
        known = trial.study.trials[trial.number].intermediate_values
        for epoch, value in zip(found.validation["epoch"], found.validation[objective.watched], strict=True):
            if int(epoch) not in known:
                trial.report(objective.pruned_by(float(value)), int(epoch))
    for name, noted in ((FINGERPRINT, found.about.fingerprint), (SECONDS, found.times.seconds)):
        trial.set_user_attr(name, noted)
    trial.set_user_attr(FIGURES, figures(found))
    if objective.name not in figures(found):
        why = "see reports/absent.json of its experiment"
        raise FailedTrialError(f"trial {trial.number}: its run has no {objective.name}, {why}; the search continues")
    value = objective.value(found)
    print(f"trial {trial.number}: {objective.name} {objective.measure.show(value)}", flush=True)
    return value


class _Judge:
    """Says after each epoch whether a trial ends there."""

    def __init__(self, search: Search, trial: optuna.Trial, epochs: int) -> None:
        self._url, self._objective, self._trial, self._epochs = search.url, search.objective, trial, epochs
        self.pruned_after: int | None = None
        self.taken = False

    def answer(self, row: Mapping[str, Any]) -> str:
        """Return the answer to the figures of an epoch. The training continues if the store cannot be asked."""
        watched, epoch = self._objective.watched, row["epoch"]
        if watched is None or watched not in row:  # another stage trains, too
            return GO_ON
        try:
            with store.answering(self._url):
                return PRUNE if self._ends(row[watched], epoch, row[FINGERPRINT]) else GO_ON
        except UserError as error:
            self.taken = isinstance(error.__cause__, UpdateFinishedTrialError)
            if not self.taken:
                print(f"warning: {error}; the trial continues", file=sys.stderr)
            return TAKEN if self.taken else GO_ON

    def _ends(self, value: float, epoch: int, fingerprint: str) -> bool:
        self._trial.set_user_attr(FINGERPRINT, fingerprint)
        self._trial.report(self._objective.pruned_by(value), epoch)
        if _SPARED * self._epochs < epoch < self._epochs and self._trial.should_prune():
            self.pruned_after = epoch
        return self.pruned_after is not None
