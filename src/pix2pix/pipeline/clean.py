"""Removing checkpoints."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from pix2pix.base.errors import UserError
from pix2pix.base.files import discard, sweep
from pix2pix.training import run_folder


def clean(names: Sequence[str]) -> Iterator[tuple[Path, int]]:
    """Remove the checkpoints of these runs, one run after the other; without names, of all runs.

    Args:
        names: the fingerprints of the runs.

    Yields:
        Each folder after its removal, and its size in bytes.

    Raises:
        UserError: there is no such run, and nothing is removed; or a run is being trained, and the rest stays.
    """
    sweep(run_folder.checkpoints())
    here = {path.name: path for path in sorted(run_folder.checkpoints().glob("[!.]*/"))}
    unknown = [name for name in names if name not in here]
    if unknown:
        raise UserError(f"{', '.join(unknown)}: no such run in {run_folder.checkpoints()}; there: {', '.join(here)}")
    for name in names or here:
        yield here[name], _removed(here[name])


def _removed(folder: Path) -> int:
    """Remove a run's folder; returns its size in bytes."""
    try:
        with FileLock(folder / ".lock", blocking=False):
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            discard(folder)
    except Timeout:
        raise UserError(f"{folder}: {run_folder.trainer(folder)} is training this run; stop it first") from None
    return size
