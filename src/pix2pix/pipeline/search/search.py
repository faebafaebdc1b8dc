"""A worker of a search: it runs trials until the search has as many as were asked for."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock, Timeout
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

from pix2pix import params
from pix2pix.base.errors import StoppedError
from pix2pix.base.files import CHECKOUT, home, sha256_of, write_text
from pix2pix.params import file
from pix2pix.pipeline import experiments, identity, workspace
from pix2pix.pipeline.search import store, trials
from pix2pix.pipeline.search.objective import Objective
from pix2pix.pipeline.search.space import Asked
from pix2pix.pipeline.search.trials import FailedTrialError, Search
from pix2pix.pipeline.stopping import Stopped

FOLDER = CHECKOUT / ".search"
# The last stage before the training, and the sections that neither it nor an earlier stage reads. They do read
# `model.system`, which no search varies.
_SHARED, _LATE = "segmenter", ("model.", "train.", "evaluate.", "report.")
# The pause between two looks at the trials of other workers.
_LOOK_S = 2


def name(asked: Asked, content: Mapping[str, Any], objective: Objective) -> str:
    """Return the name of a search: equal for equal parameters, values to try, objective and code.

    Args:
        asked: the values to try.
        content: the content of the parameters file, with the values that all trials have.
        objective: the objective.
    """
    code = {stage: digest for stage, digest in identity.of_pipeline(params.check(content)).items() if stage != "files"}
    space = {path: str(entry) for path, entry in asked.space.items()}
    return f"search-{sha256_of(map(repr, (sorted(space.items()), content, objective.name, sorted(code.items()))))[:6]}"


def work(search: Search, study: optuna.Study, wanted: int) -> None:
    """Run trials in a clone of the checkout until there are as many as wanted, and all have ended.

    A trial that failed counts, too. One that was stopped, or whose worker has died, does not: its values are tried
    again.

    Raises:
        UserError: the store failed, or a stage that all trials share.
        StoppedError: a signal asked this process to stop.
    """
    with _own_folder() as folder, store.answering(search.url):
        clone = folder / "code"
        if _has_more(study, wanted):
            _prepare(search, clone)
        # To prepare takes minutes, in which other workers run trials.
        while _has_more(study, wanted):
            _try(search, study, clone)


def _try(search: Search, study: optuna.Study, clone: Path) -> None:
    """Run a trial. If this worker seemed dead meanwhile, another one tries the values again, and this trial is lost."""
    numbers: list[int] = []
    stops: list[BaseException] = []

    def run(trial: optuna.Trial) -> float:
        numbers.append(trial.number)
        try:
            return trials.run(search, trial, clone)
        except (StoppedError, Stopped) as error:
            stops.append(error)
            raise

    try:
        study.optimize(run, n_trials=1, catch=(FailedTrialError,))
    except (AssertionError, ValueError, UpdateFinishedTrialError):  # Optuna's, to the end of a trial that had ended
        if stops:
            raise stops[0] from None
        if {*numbers} <= {trial.number for trial in counted(study)}:
            raise
        print(f"trial {numbers[0]}: this worker seemed dead, and the values are tried again", flush=True)


def counted(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials of a study, without those whose values were tried again."""
    found = study.get_trials(deepcopy=False)
    again = {number for trial in found for number in RetryHeartbeatStaleTrialCallback.retry_history(trial)}
    return [trial for trial in found if trial.number not in again]


def _has_more(study: optuna.Study, wanted: int) -> bool:
    """Whether a trial is to be run. Wait while other workers run the last ones, which may have to be tried again."""
    told = False
    while True:
        fail_stale_trials(study)
        found = counted(study)
        states = {trial.state for trial in found}
        if TrialState.WAITING in states or len(found) < wanted:
            return True
        if TrialState.RUNNING not in states:
            return False
        if not told:
            print("waiting for the last trials of other workers", flush=True)
        told = True
        time.sleep(_LOOK_S)


@contextmanager
def _own_folder() -> Iterator[Path]:
    """Hold the first folder of `FOLDER` that no other worker holds: each worker has a clone of its own."""
    with ExitStack() as held:
        for number in count(1):
            try:
                held.enter_context(workspace.hold(FOLDER / str(number)))
            except workspace.BusyError:
                continue
            yield FOLDER / str(number)
            return


def _prepare(search: Search, clone: Path) -> None:
    """Make the clone, and in it what all trials share, one worker after the other.

    Two workers would train the same segmenter at once, and the second one would be refused. The others find it in DVC's
    cache.
    """
    experiments.clone(clone)
    if all(path.startswith(_LATE) for path in search.space):
        content = workspace.overridden(file.editable(search.text), dict(search.changes))
        write_text(clone / "params.yaml", file.edited(content))
        with _alone():
            workspace.repro(clone, search.again, _SHARED)


@contextmanager
def _alone() -> Iterator[None]:
    lock = FileLock(home() / ".search.lock")
    try:
        held = lock.acquire(blocking=False)
    except Timeout:
        print("waiting for another worker, which makes what all trials share", flush=True)
        held = lock.acquire()
    with held:
        yield
