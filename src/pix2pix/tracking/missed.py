"""What MLflow has missed, kept in the home until it can be sent: the store was down when a run ended."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, ErrorCode
from mlflow.tracking import MlflowClient

from pix2pix.base import files
from pix2pix.base.errors import one_line
from pix2pix.tracking import entries, opening
from pix2pix.tracking.entries import Entry
from pix2pix.tracking.opening import Opening
from pix2pix.tracking.store import shown_uri

_TOLD = "missed.json"


def folder() -> Path:
    """Return the folder of all that is kept; it has a folder for each run."""
    return files.home() / "missed"


def keep(run: Opening, waiting: Sequence[Entry]) -> None:
    """Keep the entries that did not arrive, whole or not at all. Models and files become links to the same bytes."""
    place = folder() / f"{time.time_ns()}-{run.kind}-{run.fingerprint}"
    with files.whole(place) as new:
        new.mkdir()
        kept = [entry.kept(new / str(number)) for number, entry in enumerate(waiting)]
        files.write_json(new / _TOLD, {"run": asdict(run), "entries": kept})


def kept() -> list[Path]:
    """Return the folders of what is kept, the oldest first."""
    return sorted(folder().glob("[0-9]*/"))


def send(patience_s: float = 0) -> int:
    """Send all that is kept, remove what has arrived, and return the number of folders that have arrived.

    Results of a training that the store does not know stay: another store may know it. If another process is sending
    for longer than `patience_s` seconds, this one sends nothing.

    Raises:
        Exception: of many kinds, if the store does not take it; all that has not arrived is still kept.
    """
    if not kept():
        return 0
    try:
        with FileLock(folder() / ".lock", timeout=patience_s):
            arrived = [place for place in kept() if _send(place)]
            return len(arrived)
    except Timeout:
        return 0


def _send(place: Path) -> bool:
    """Send what a folder holds, and remove it; False if the store does not know its training."""
    told = files.read_json(place / _TOLD)
    client, run = opening.of_kept(told["run"]).open()
    if run is None:
        return False
    for each in told["entries"]:
        tell(client, run, entries.of_kept(each, place))
    files.discard(place)
    return True


def tell(client: MlflowClient, run: str, entry: Entry) -> None:
    """Log an entry. An entry whose form MLflow will always refuse is lost, with one warning.

    Raises:
        Exception: of many kinds, if the store does not take it now.
    """
    try:
        entry.tell(client, run)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(INVALID_PARAMETER_VALUE):
            raise
        with suppress(OSError):
            print(f"warning: MLflow at {shown_uri()} refuses {entry.what} of run {run}: {one_line(error)}",
                  file=sys.stderr)  # fmt: skip
