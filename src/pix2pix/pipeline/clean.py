"""Removing checkpoints, the rows that stopped evaluations of the same trainings have kept, and caches."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from filelock import FileLock, Timeout

from pix2pix.base.errors import UserError
from pix2pix.base.files import discard, sweep
from pix2pix.data import checked, shards
from pix2pix.evaluation import kept_rows
from pix2pix.training import run_folder


def clean(names: Sequence[str]) -> Iterator[tuple[Path, int]]:
    """Remove the checkpoints and kept rows of these runs, one run after the other; without names, of all runs.

    What is written only once stays: logs, MLflow's store, and what it has missed.

    Args:
        names: the fingerprints of the runs.

    Yields:
        Each folder after its removal, and its size in bytes.

    Raises:
        UserError: there is no such run, and nothing is removed; or a run is being trained or evaluated, and the rest
            stays.
    """
    checkpoints, rows = run_folder.checkpoints(), kept_rows.folder()
    for place in (checkpoints, rows):
        sweep(place)
    here = {path.name for place in (checkpoints, rows) for path in place.glob("[!.]*/")}
    if unknown := [name for name in names if name not in here]:
        there = ", ".join(sorted(here)) or "none"
        raise UserError(f"{', '.join(unknown)}: no such run in {checkpoints}; there: {there}")
    for name in names or sorted(here):
        if (folder := checkpoints / name).is_dir():
            yield folder, _removed(folder, f"{run_folder.trainer(folder)} is training this run; stop it first")
        if (folder := rows / name).is_dir():
            yield folder, _removed(folder, "this run is being evaluated; wait until that has ended")


def clean_caches() -> Iterator[tuple[Path, int]]:
    """Remove what is made or fetched again when it is needed: see `checked.folder` and `shards.folder`.

    Yields:
        Each folder after its removal, and its size in bytes.

    Raises:
        UserError: a program that is running uses fetched records, and they stay.
    """
    for folder, unused in ((checked.folder(), nullcontext()), (shards.folder(), shards.unused())):
        sweep(folder.parent, folder.name)
        if folder.is_dir():
            with unused:
                size = _discarded(folder)
            yield folder, size


def _removed(folder: Path, in_use: str) -> int:
    """Remove a folder, unless it is in use; return its size in bytes."""
    try:
        with FileLock(folder / ".lock", blocking=False):
            return _discarded(folder)
    except Timeout:
        raise UserError(f"{folder}: {in_use}") from None


def _discarded(folder: Path) -> int:
    """Remove a folder; return its size in bytes."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    discard(folder)
    return size
