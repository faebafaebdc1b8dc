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

# Addresses without a host that MLflow knows.
_WITHOUT_HOST = {"databricks", "databricks-uc", "uc"}
# What SQLite says of a damaged file.
_DAMAGED = ("file is not a database", "database disk image is malformed")
# The project says in one line that a database is locked; MLflow would print a whole traceback before.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
# MLflow would try for 100 seconds to open a database that cannot be opened.
_database_utils.MAX_RETRY_COUNT = 4


def tracking_uri() -> str:
    """Return the environment's `MLFLOW_TRACKING_URI`, which may hold a password, or the SQLite file in the home.

    Raises:
        UserError: the variable holds no address.
    """
    uri = _uri()
    if not _is_address(uri):
        raise UserError(
            f"MLFLOW_TRACKING_URI is {hidden(uri)!r}, which is no address of a store: unset it for "
            f"{home() / 'mlflow.db'}, or set it to one, such as http://HOST:5000 or sqlite:////PATH/mlflow.db"
        )
    return uri


def shown_uri() -> str:
    """Return the address of the store for messages, without user and password."""
    return hidden(_uri()).strip() or "a blank address"


def _uri() -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


def _is_address(uri: str) -> bool:
    """Whether a text can be the address of a store: of a server, or of a database that outlives the process."""
    scheme, sign, rest = uri.partition("://")
    if not sign:
        return scheme in _WITHOUT_HOST
    if scheme in ("http", "https"):
        return not uri.split()[1:] and rest.partition("/")[0] != ""
    return scheme.strip() == scheme != "" and not (scheme.startswith("sqlite") and rest.strip("/") == "")


def why(error: Exception) -> str:
    """Return the reason of a store's failure on one line; for a damaged SQLite file, with the cure."""
    words = one_line(error)
    if any(sign in str(error) for sign in _DAMAGED):
        return (
            f"{words}; the file is damaged: move it away, and the next run or `pix2pix sync` makes a new one and fills "
            f"it with what {home() / 'missed'} holds; what MLflow had before is in the old file alone"
        )
    if "error code 401" in str(error):
        return "it wants a user: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or correct them"
    if "error code 403" in str(error):
        return f"{words}; this user may not do that: ask who runs the server for the permission"
    if "database is locked" in str(error):
        return f"{words}: another process writes to it, such as `mlflow ui` or another training"
    return words


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
        raise UserError(f"MLflow at {hidden(tracking_uri)}: {why(error)}") from None


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
