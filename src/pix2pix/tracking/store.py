"""MLflow's store: where it is, how MLflow behaves towards it, and questions to it.

It may be on another machine, and fail in any way.
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

# A locked database is told in one line of ours; MLflow would print its whole traceback first.
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)
# And it would try for 100 seconds to open one that cannot be opened.
database.MAX_RETRY_COUNT = 4


def tracking_uri() -> str:
    """The environment's `MLFLOW_TRACKING_URI`, else SQLite in the project's home."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Only one process with this home opens a run at a time.

    Several that migrate one fresh SQLite store at once break it; and one that looks for the dead must not meet a run
    that another is just taking up again.
    """
    home().mkdir(parents=True, exist_ok=True)
    with FileLock(home() / ".mlflow.lock", timeout=60):
        yield


def asked(tracking_uri: str, question: Callable[[MlflowClient], T]) -> T:
    """What the store says.

    Args:
        tracking_uri: where it is.
        question: gets a client of it.

    Raises:
        UserError: there is no store, or it does not answer; or what `question` itself raises of that kind.
    """
    path = tracking_uri.removeprefix("sqlite:///")
    if path != tracking_uri and not Path(path).exists():  # MLflow would make it
        raise UserError(f"there is no MLflow store at {path} yet; `dvc repro` makes it")
    try:
        return question(MlflowClient(tracking_uri, tracking_uri))
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"MLflow at {tracking_uri}: {one_line(error)}") from None
