"""MLflow's store: its address, MLflow's settings for it, and questions to it.

The store may be on another machine, and it may fail in any way.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy
from filelock import FileLock
from mlflow.store.db import utils as _database_utils
from mlflow.tracking import MlflowClient

from pix2pix.base.errors import UserError, one_line
from pix2pix.base.files import home
from pix2pix.base.secrets import hidden
from pix2pix.tracking import database, relocation

T = TypeVar("T")

# The project says in one line that a database is locked; MLflow would print a whole traceback before.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
# MLflow would try for 100 seconds to open a database that cannot be opened.
_database_utils.MAX_RETRY_COUNT = 4


def tracking_uri() -> str:
    """Return the environment's `MLFLOW_TRACKING_URI`, which may hold a password, or the SQLite file in the home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


def shown_uri() -> str:
    """Return the address of the store for messages, without user and password."""
    return hidden(tracking_uri())


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let only one process with this home open a run at a time. Within the block the store exists and is sound.

    A process that ends dead runs must not meet a run that another process is just continuing.
    """
    home().mkdir(parents=True, exist_ok=True)
    with FileLock(home() / ".mlflow.lock", timeout=60):
        if path := _file(tracking_uri()):
            database.make_sound(path)
            if _is_own(path):
                relocation.relocate(path)
        yield


def asked(tracking_uri: str, question: Callable[[MlflowClient], T]) -> T:
    """Ask the store a question.

    Args:
        tracking_uri: the address of the store.
        question: a function that gets a client of the store and returns the answer.

    Raises:
        UserError: there is no store, the store does not answer, or `question` raises one itself.
    """
    path = _file(tracking_uri)
    if path and not path.exists():  # MLflow would create it
        raise UserError(f"there is no MLflow store at {path} yet; `dvc repro` makes it")
    try:
        if path and _needs_care(path):
            with one_at_a_time():
                pass
        return question(MlflowClient(tracking_uri, tracking_uri))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"MLflow at {hidden(tracking_uri)}: {one_line(error)}") from None


def _file(uri: str) -> Path | None:
    """Return the file of a store in SQLite; None for other stores."""
    if not uri.startswith("sqlite"):
        return None
    name = sqlalchemy.make_url(uri).database
    return None if name is None or name.startswith((":", "file:")) else Path(name).absolute()


def _is_own(path: Path) -> bool:
    """Whether a file is the store of this home, which has its artifacts beside it."""
    return path.resolve() == home() / "mlflow.db"


def _needs_care(path: Path) -> bool:
    return not database.is_sound(path) or (_is_own(path) and bool(relocation.moved(path)))
