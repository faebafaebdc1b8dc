"""The finished rows of an evaluation, kept in the home: an evaluation that was killed resumes with the next row.

A row is one subject by all measures, with the pictures that were saved of it. It lies in the folder
`evaluations/<fingerprint of the training>/<digest of all that decides the row>/`, so it is used again only if all of
that is equal. It appears whole or not at all, and the hashes of its files are checked. When the evaluation is written,
its rows are removed.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from pix2pix.base import files
from pix2pix.evaluation import kept_rows
from pix2pix.evaluation.scoring import Measured

_COUNTS, _PICTURES, _HASHES = "counts.npz", "pictures", "hashes.json"
# What a row has besides its table.
_HELD, _FEATURES = ("colours", "confusions"), "features of "


@contextmanager
def of_training(fingerprint: str) -> Iterator[Path]:
    """Hold the folder for the rows of a training's evaluation.

    If another evaluation of this training is running, the folder is a temporary one, and nothing is kept.
    """
    folder = kept_rows.folder() / fingerprint
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(f"another evaluation of {fingerprint} is running, so the rows of this one are not kept", flush=True)
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch)
        return
    try:
        yield folder
    finally:
        lock.release()


class Rows:
    """The rows of one evaluation: `measured` returns a row, measured now or earlier."""

    def __init__(self, folder: Path, common: Sequence[str], models: Mapping[str, str]) -> None:
        """Keep rows in a folder.

        Args:
            folder: see `of_training`.
            common: what decides every row: records, segmenter, code, machine.
            models: what decides the row of each model besides, by subject.
        """
        self._folder, self._common, self._models = folder, list(common), models

    def measured(self, subject: str, way: str, make: Callable[[Path], Measured], pictures: Path) -> Measured:
        """Return the row of a subject; measure it, unless it was kept.

        Args:
            subject: its key.
            way: what decides it besides: the seed of the dropout masks.
            make: measures it, and saves its pictures in the folder that it is given.
            pictures: the folder for these pictures.
        """
        decisive = [*self._common, subject, way, self._models.get(subject, "")]
        row = self._folder / files.sha256_of(decisive)[:16]
        found = _read(row)
        if found is None:
            with files.whole(row) as temporary:
                (temporary / _PICTURES).mkdir(parents=True)
                found = make(temporary / _PICTURES)
                _write(temporary, found)
        else:
            print(f"{subject} {way}".strip() + ": measured before the evaluation was stopped", flush=True)
        pictures.mkdir(parents=True, exist_ok=True)
        for picture in (row / _PICTURES).iterdir():
            shutil.copyfile(picture, pictures / picture.name)
        return found


def _write(row: Path, measured: Measured) -> None:
    """Write a row; a floating-point number keeps all its bits."""
    images, counts = measured.images, {name: getattr(measured, name) for name in _HELD}
    held: dict[str, Any] = {name: count for name, count in counts.items() if count is not None}
    held |= {f"{_FEATURES}{name}": features for name, features in measured.features.items()}
    held |= {"ids": np.array(images.index, np.str_), "columns": np.array(images.columns, np.str_)}
    np.savez(row / _COUNTS, images=images.to_numpy(np.float64), **held)
    files.write_json(row / _HASHES, _hashes(row))


def _read(row: Path) -> Measured | None:
    """Read a row; None if there is none, or if it is damaged."""
    try:
        if files.read_json(row / _HASHES) != _hashes(row):
            return None
        with np.load(row / _COUNTS) as held:
            images = pd.DataFrame(
                held["images"], pd.Index(held["ids"].tolist(), name="id"), pd.Index(held["columns"].tolist())
            )
            features = {name.removeprefix(_FEATURES): held[name] for name in held if name.startswith(_FEATURES)}
            return Measured(images, **{name: held.get(name) for name in _HELD}, features=features)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _hashes(row: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a row, by its path there."""
    found = (path for path in sorted(row.rglob("*")) if path.is_file() and path.name != _HASHES)
    return {path.relative_to(row).as_posix(): files.sha256(path) for path in found}
