"""The store of a search: Optuna's study in a database, which several workers share."""

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna
from optuna.exceptions import ExperimentalWarning, OptunaError
from optuna.pruners import MedianPruner
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages._rdb.models import TrialModel
from optuna.trial import TrialState
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from pix2pix.base.errors import UserError, one_line
from pix2pix.base.secrets import hidden
from pix2pix.pipeline.search.objective import Objective
from pix2pix.pipeline.search.sampler import Sampler

# A worker says so often that it lives. Its trial is tried again when it has said nothing for twice as long.
HEARTBEAT_S = 30
# Workers that make the tables of a new database at the same time disturb each other; then they look again.
_TRIES, _BETWEEN_S = 20, 0.25
# SQLite waits so long for another worker that writes.
_BUSY_S = 60

optuna.logging.set_verbosity(optuna.logging.ERROR)  # the search says itself what becomes of its trials
warnings.filterwarnings("ignore", category=ExperimentalWarning)  # heartbeats, and the trials that they have tried again


def opened(url: str, name: str, objective: Objective, seed: int, startup: int) -> optuna.Study:
    """Open the study of a search; make it if it is not there.

    Args:
        url: the address of a database, as SQLAlchemy takes it.
        name: the name of the search.
        objective: it says which way is better.
        seed: the seed of the values that are tried.
        startup: the number of trials whose values are random; when so many have finished, others can be pruned.

    Raises:
        UserError: the database cannot be used.
    """
    for _ in range(_TRIES):
        try:
            return _found_or_made(url, name, objective, seed, startup)
        except UserError as error:
            if not _was_disturbed(error.__cause__):
                raise
        time.sleep(_BETWEEN_S)
    return _found_or_made(url, name, objective, seed, startup)


def _found_or_made(url: str, name: str, objective: Objective, seed: int, startup: int) -> optuna.Study:
    with answering(url):
        return optuna.create_study(
            storage=_storage(url),
            study_name=name,
            direction=objective.direction,
            sampler=Sampler(seed, startup),
            pruner=MedianPruner(n_startup_trials=startup),
            load_if_exists=True,
        )


class _Storage(RDBStorage):
    """Optuna's database, in which a failed heartbeat and a worker's death before its first one do no harm."""

    def record_heartbeat(self, trial_id: int) -> None:
        """Note that the worker of a trial lives. Optuna itself gives no more heartbeats after one that failed."""
        try:
            super().record_heartbeat(trial_id)
        except (SQLAlchemyError, OptunaError) as error:
            print(f"warning: the store of the search: {one_line(error.__cause__ or error)}", file=sys.stderr)

    def _get_stale_trial_ids(self, study_id: int) -> list[int]:
        """See Optuna, which waits for ever for a trial without a heartbeat. Such a trial gets its first one here."""
        with self.scoped_session() as session:
            silent = session.query(TrialModel.trial_id).filter(
                TrialModel.study_id == study_id, TrialModel.state == TrialState.RUNNING, ~TrialModel.heartbeats.any()
            )
            numbers = [number for (number,) in silent]
        for number in numbers:
            self.record_heartbeat(number)
        return super()._get_stale_trial_ids(study_id)


def _storage(url: str) -> RDBStorage:
    try:
        return _made(url)
    except ImportError as error:
        why = one_line(error.__cause__ or error)
        raise UserError(f"{hidden(url)}: {why}; the driver of this database has to be installed") from error


def _made(url: str) -> RDBStorage:
    waiting = {"connect_args": {"timeout": _BUSY_S}} if make_url(url).get_backend_name() == "sqlite" else {}
    return _Storage(
        url,
        engine_kwargs={"pool_pre_ping": True, **waiting},  # a server may have been started anew during a trial
        heartbeat_interval=HEARTBEAT_S,
        heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
    )


def _was_disturbed(error: BaseException | None) -> bool:
    """Whether another worker was making the same tables or the same study at the same time."""
    return isinstance(error, IntegrityError) or "already exists" in str(error)


@contextmanager
def answering(url: str) -> Iterator[None]:
    """Turn what fails in the database within the block into a line.

    Raises:
        UserError: the database cannot be used.
    """
    try:
        yield
    except (SQLAlchemyError, OptunaError) as error:
        raise UserError(f"the store of the search, {hidden(url)}: {one_line(error.__cause__ or error)}") from error
