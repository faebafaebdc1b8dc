"""Checkpoints: everything a run needs to go on as if it had not stopped.

A checkpoint is a folder `epoch-NNNN` under the run's fingerprint, outside DVC's outputs: both networks with their
moving averages, both optimisers, and the history. Random states need no saving: order, jitter and dropout follow
from (seed, epoch or step). It appears whole or not at all, and only the newest is kept.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import tensorflow as tf
from filelock import FileLock, Timeout

from pix2pix.errors import TrainingError
from pix2pix.files import home, read_json, remove, sha256, sha256_of, whole, write_json
from pix2pix.training.history import History
from pix2pix.training.step import TrainingStep

# The source that decides what training does to the weights, below src/pix2pix.
CODE = (
    "scale.py",
    "seeds.py",
    "data/batches.py",
    "data/records.py",
    "data/tasks.py",
    "networks/blocks.py",
    "networks/discriminator.py",
    "networks/generator.py",
    "networks/inference.py",
    "training/checkpoint.py",
    "training/determinism.py",
    "training/history.py",
    "training/loop.py",
    "training/losses.py",
    "training/step.py",
    "training/times.py",
)
NAME = re.compile(r"epoch-(\d{4,})")


def code_digest() -> str:
    """SHA-256 over the source files that decide what training does."""
    package = Path(__file__).resolve().parents[1]
    return sha256_of(part for name in CODE for part in (name, (package / name).read_bytes()))


def run_folder(fingerprint: str) -> Path:
    """Where the checkpoints and sample pictures of a run live."""
    return home() / "checkpoints" / fingerprint


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a run's folder for one trainer; the lock goes with the process, however it ends.

    Raises:
        TrainingError: another process is training this run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", blocking=False):
            yield
    except Timeout:
        raise TrainingError(f"{folder}: another process is training this run; wait for it, or stop it") from None


def save(folder: Path, epoch: int, training: TrainingStep, history: History) -> None:
    """Write the checkpoint after `epoch` epochs and remove older ones."""
    path = folder / f"epoch-{epoch:04d}"
    with whole(path) as temporary:
        temporary.mkdir()
        _state(training).write(str(temporary / "state"))
        hashes = {file.name: sha256(file) for file in sorted(temporary.iterdir())}
        write_json(temporary / "history.json", {"epoch": epoch, "files": hashes, **asdict(history)})
    for older in _saved(folder):
        if older < path:
            remove(older)


def restore(folder: Path, training: TrainingStep) -> tuple[int, History]:
    """Load the newest checkpoint into `training`; (0, an empty history) when there is none.

    Raises:
        TrainingError: the checkpoint is damaged.
    """
    saved = _saved(folder)
    if not saved:
        return 0, History()
    newest = saved[-1]
    try:
        record = read_json(newest / "history.json")
        for name, digest in record["files"].items():
            if sha256(newest / name) != digest:
                raise ValueError(f"{name} has changed since it was written")
        epoch, history = record["epoch"], History(record["losses"], record["validation"])
        _state(training).read(str(newest / "state")).assert_consumed()
    except (OSError, ValueError, KeyError, TypeError, AssertionError, tf.errors.OpError) as error:
        reason = " ".join(str(error).split())[:200]
        raise TrainingError(f"{newest}: damaged checkpoint ({reason}); remove this folder and start again") from None
    return epoch, history


def _saved(folder: Path) -> list[Path]:
    """The checkpoints of a run, oldest first."""
    found = [path for path in folder.glob("epoch-*") if NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: int(path.name.removeprefix("epoch-")))


def _state(training: TrainingStep) -> tf.train.Checkpoint:
    parts = {
        "generator": training.generator,
        "discriminator": training.discriminator,
        "generator_optimizer": training.generator_optimizer,
        "discriminator_optimizer": training.discriminator_optimizer,
    }
    return tf.train.Checkpoint(**{name: part for name, part in parts.items() if part is not None})
