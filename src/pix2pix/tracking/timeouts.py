"""How long to wait for MLflow's server while it takes or gives large files."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_TIMEOUT

# A server passes a file on to its bucket before it answers, and fetches a file from there before it sends the first
# byte. It may take the time that the file needs at this rate.
_SLOWEST = 1_000_000  # bytes a second


@contextmanager
def waiting_for(size: int) -> Iterator[None]:
    """Wait longer than usual for an answer of the server within the block: a second more for each megabyte.

    Args:
        size: the bytes of all files that are on their way.
    """
    name, usual = MLFLOW_HTTP_REQUEST_TIMEOUT.name, MLFLOW_HTTP_REQUEST_TIMEOUT.get()
    os.environ[name] = str(usual + math.ceil(size / _SLOWEST))  # MLflow reads it at each request
    try:
        yield
    finally:
        os.environ[name] = str(usual)


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return sum(each.stat().st_size for each in (path, *path.rglob("*")) if each.is_file())
