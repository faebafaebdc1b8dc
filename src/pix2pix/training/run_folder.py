"""The folder of a run, `checkpoints/<fingerprint>/`: its description, and its lock for one trainer."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pix2pix.base import files
from pix2pix.base.errors import DataError, TrainingError

# The seconds that a second trainer waits for the first to end, which may take a step, a validation and a save.
PATIENCE_S = 20
# A longer value is not shown.
_LONGEST_SHOWN = 42
RUN, _TRAINER, _MLFLOW = "run.json", "trainer.json", "mlflow.json"


def checkpoints() -> Path:
    """Return the folder that contains the folders of all runs."""
    return files.home() / "checkpoints"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lock a run's folder for one trainer. The lock ends with the process, however this ends.

    Files that a killed trainer left unfinished are removed.

    Raises:
        TrainingError: another process is training this run, and does not end within `PATIENCE_S`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(f"{trainer(folder)} is training this run; waiting {PATIENCE_S} s for it to end", flush=True)
        try:
            lock.acquire(timeout=PATIENCE_S)
        except Timeout:
            raise TrainingError(f"{folder}: {trainer(folder)} is training this run; wait for it, or stop it") from None
    try:
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        files.write_json(folder / _TRAINER, {"process": os.getpid(), "host": socket.gethostname(), "since": now})
        for leftover in folder.glob(".*.part"):  # the lock holds, so nobody is writing them
            files.remove(leftover)
        yield
    finally:
        lock.release()


def describe(folder: Path, what: dict[str, Any]) -> str:
    """Write down what decides a run, and say how it differs from the most similar run.

    Args:
        folder: the folder of the run.
        what: everything that decides the run; see `fingerprint.decisive`.

    Returns:
        The difference to the most similar other run of the same kind, or that there is no other; "" if the run has
        been described before.
    """
    if (folder / RUN).exists():
        return ""
    files.write_json(folder / RUN, what)
    others = {
        path.parent.name: described(path.parent)
        for path in sorted(folder.parent.glob(f"[!.]*/{RUN}"))
        if path.parent != folder
    }
    differences = {name: _differences(what, other) for name, other in others.items() if _kind(other) == _kind(what)}
    if not differences:
        return "the first one of its kind here"
    nearest = min(differences, key=lambda name: len(differences[name]))
    return f"the most similar one here, {nearest}, has " + ", ".join(differences[nearest])


def described(folder: Path) -> dict[str, Any]:
    """Read what `describe` has written down; empty if it cannot be read."""
    return _read(folder / RUN)


def mlflow_run(folder: Path) -> str | None:
    """Return the id of the MLflow run that has this run's figures; None if it is unknown."""
    return _read(folder / _MLFLOW).get("run")


def remember(folder: Path, mlflow_run: str | None) -> None:
    """Write down which MLflow run gets this run's figures; None, if the store is down, changes nothing."""
    if mlflow_run is not None:
        files.write_json(folder / _MLFLOW, {"run": mlflow_run})


def trainer(folder: Path) -> str:
    """Describe the process that trains a run, or that was the last to do so."""
    told = {"process": "another", "host": "some host", "since": "some time"} | _read(folder / _TRAINER)
    return f"process {told['process']} on {told['host']} (since {told['since']})"


def _read(path: Path) -> dict[str, Any]:
    """Read a JSON object that is only shown to people: return an empty one if it cannot be read."""
    try:
        told = files.read_json(path)
    except (OSError, ValueError, DataError):
        return {}
    return told if isinstance(told, dict) else {}


def _kind(what: dict[str, Any]) -> tuple[set[str], Any]:
    """Return the names of the sections that decide a run, and its system. Runs of one kind have the same."""
    return {name.partition(".")[0] for name in what}, what.get("model.system")


def _differences(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    names = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return [_difference(name, theirs, ours) for name in names]


def _difference(name: str, theirs: dict[str, Any], ours: dict[str, Any]) -> str:
    # A key at its neutral value is not among what decides a run.
    shown = [json.dumps(run[name], ensure_ascii=False) if name in run else "its default" for run in (theirs, ours)]
    # A hash tells a person nothing.
    return f"other {name}" if max(map(len, shown)) > _LONGEST_SHOWN else f"{name} {shown[0]} (here {shown[1]})"
