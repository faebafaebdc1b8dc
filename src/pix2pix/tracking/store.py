"""MLflow's store: its address, MLflow's settings for it, and questions to it.

The store may be on another machine, and it may fail in any way.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock
from mlflow.store.db import utils as database
from mlflow.tracking import MlflowClient

from pix2pix.base.errors import UserError, one_line
from pix2pix.base.files import home

T = TypeVar("T")

# The project says in one line that a database is locked; MLflow would print a whole traceback before.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
# MLflow would try for 100 seconds to open a database that cannot be opened.
database.MAX_RETRY_COUNT = 4


def tracking_uri() -> str:
    """Return the environment's `MLFLOW_TRACKING_URI`, or the address of the SQLite file in the project's home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let only one process with this home open a run at a time.

    Several processes that create the tables of one SQLite store at once break it. And a process that ends dead runs
    must not meet a run that another process is just continuing.
    """
    home().mkdir(parents=True, exist_ok=True)
    with FileLock(home() / ".mlflow.lock", timeout=60):
        yield


def asked(tracking_uri: str, question: Callable[[MlflowClient], T]) -> T:
    """Ask the store a question.

    Args:
        tracking_uri: the address of the store.
        question: a function that gets a client of the store and returns the answer.

    Raises:
        UserError: there is no store, the store does not answer, or `question` raises one itself.
    """
    path = tracking_uri.removeprefix("sqlite:///")
    if path != tracking_uri and not Path(path).exists():  # MLflow would create it
        raise UserError(f"there is no MLflow store at {path} yet; `dvc repro` makes it")
    try:
        return question(MlflowClient(tracking_uri, tracking_uri))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"MLflow at {tracking_uri}: {one_line(error)}") from None
