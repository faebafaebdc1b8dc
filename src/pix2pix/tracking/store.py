"""MLflow's store: where it is, how MLflow behaves towards it, and questions to it.

It may be on another machine, and fail in any way.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy
from filelock import FileLock
from mlflow.store.db import utils as database_utils
from mlflow.tracking import MlflowClient

from pix2pix.base.errors import UserError, one_line
from pix2pix.base.files import home
from pix2pix.base.secrets import hidden
from pix2pix.tracking import database, relocation

T = TypeVar("T")

# A locked database is told in one line of ours; MLflow would print its whole traceback first.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
# And it would try for 100 seconds to open one that cannot be opened.
database_utils.MAX_RETRY_COUNT = 4


def tracking_uri() -> str:
    """The environment's `MLFLOW_TRACKING_URI`, else SQLite in the project's home. It may hold a password."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


def shown_uri() -> str:
    """The same for people, without user and password."""
    return hidden(tracking_uri())


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Only one process with this home opens a run at a time; the store is there, and sound.

    One that looks for the dead must not meet a run that another is just taking up again.
    """
    home().mkdir(parents=True, exist_ok=True)
    with FileLock(home() / ".mlflow.lock", timeout=60):
        if path := _file(tracking_uri()):
            database.make_sound(path)
            if _is_own(path):
                relocation.relocate(path)
        yield


def asked(tracking_uri: str, question: Callable[[MlflowClient], T]) -> T:
    """What the store says.

    Args:
        tracking_uri: where it is.
        question: gets a client of it.

    Raises:
        UserError: there is no store, or it does not answer; or what `question` itself raises of that kind.
    """
    path = _file(tracking_uri)
    if path and not path.exists():  # MLflow would make it
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
    """The file of a store in SQLite; None for other stores."""
    if not uri.startswith("sqlite"):
        return None
    name = sqlalchemy.make_url(uri).database
    return None if name is None or name.startswith((":", "file:")) else Path(name).absolute()


def _is_own(path: Path) -> bool:
    """Whether it is the store of this home, whose files lie beside it."""
    return path.resolve() == home() / "mlflow.db"


def _needs_care(path: Path) -> bool:
    return not database.is_sound(path) or (_is_own(path) and bool(relocation.moved(path)))
