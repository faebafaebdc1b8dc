"""Checkpoints: everything a run needs to resume as if it had not stopped.

A checkpoint is a folder `step-NNNNNNNN` (`step-NNNNNNNN-epoch-NNNN` after an epoch whose checkpoint is kept) in the
run's folder, outside DVC's outputs. It holds the system's networks with their moving averages, their optimisers, its
memory, the best products so far (if the model is chosen among the epochs), and the run's progress. Random states need
no saving: order, jitter and dropout follow from (seed, epoch or step). A checkpoint appears whole or not at all, and
the hash of each file is checked when the checkpoint is read.
"""

import errno
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import tensorflow as tf

from pix2pix.base import hardware, pictures
from pix2pix.base.errors import DataError, DivergedError, TrainingError, one_line
from pix2pix.base.files import discard, read_json, sha256, whole, write_json
from pix2pix.training.plan import Plan
from pix2pix.training.progress import Progress

NAME = re.compile(r"step-(\d{8,})(-epoch-\d{4,})?")
# The errors of missing files and of files of the wrong kind. Other errors (no permission, network down) are no damage.
_UNREADABLE = {errno.ENOENT, errno.EISDIR, errno.ENOTDIR}
HASHES, PROGRESS, STATE, _SAMPLES = "hashes.json", "progress.json", "state", "samples"
# The parts of a system that a checkpoint holds, by name: networks, optimisers and variables.
_Parts = Mapping[str, Any]


class Ancestor(NamedTuple):
    """A run that began in the same way: the folder of its checkpoints, and the number of epochs that are the same."""

    folder: Path
    epochs: int


class DamagedError(Exception):
    """The files of a checkpoint have changed since they were written."""


@dataclass(frozen=True)
class Found:
    """The checkpoint from which a run resumes.

    Attributes:
        path: the folder of the checkpoint; None if there is none.
        progress: how far the run has come.
        occasion: why the checkpoint was written, and when.
        setting: the hardware, versions and settings when it was written; see `hardware.setting`.
    """

    path: Path | None
    progress: Progress
    occasion: str
    setting: Mapping[str, str]

    def same_setting(self) -> bool:
        """Whether this machine has the setting of the checkpoint; print a warning for each difference."""
        if self.path is None:
            return True
        before, now = self.setting, hardware.setting()
        differing = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        for name in differing:
            print(
                f"warning: {name} was {before.get(name, 'unset')} and is {now.get(name, 'unset')}: the result "
                "may differ from an uninterrupted run in the last bits, so this run is marked exact=false",
                file=sys.stderr,
            )
        return not differing


def save(folder: Path, parts: _Parts, progress: Progress, why: str, epoch: int | None) -> None:
    """Write a checkpoint.

    Args:
        folder: the folder of the run.
        parts: the parts of the system to save.
        progress: how far the run has come.
        why: the reason for saving, which the run says when it resumes from here.
        epoch: the number of finished epochs if `plan.keep_checkpoints` counts this checkpoint; None if the checkpoint
            only serves to resume after a stop.

    Raises:
        DivergedError: a weight is no longer finite; nothing is saved.
    """
    refuse_broken(parts, progress.step)
    path = folder / (f"step-{progress.step:08d}" + (f"-epoch-{epoch:04d}" if epoch is not None else ""))
    with whole(path) as temporary:
        temporary.mkdir()
        tf.train.Checkpoint(**parts).write(str(temporary / STATE))
        record = asdict(progress)
        for number, grid in record.pop(_SAMPLES).items():
            pictures.save_png(temporary / _SAMPLES / f"{number:04d}.png", grid)
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        write_json(
            temporary / PROGRESS,
            record | {"fingerprint": folder.name, "why": why, "saved": now, "setting": hardware.setting()},
        )
        write_json(temporary / HASHES, _hashes(temporary))


def prune(folder: Path, plan: Plan) -> None:
    """Remove the checkpoints that are no longer needed.

    Three kinds stay: the newest `plan.keep_checkpoints` checkpoints at the end of an epoch; the newest two checkpoints
    of all, because the newest may be damaged; and the last checkpoint before the learning rate falls, because a longer
    training can resume from it.
    """
    saved = _saved(folder)
    after_an_epoch = [path for path in saved if "-epoch-" in path.name]
    before_decay = [path for path in after_an_epoch if _step(path) <= plan.constant_epochs * plan.steps_an_epoch]
    kept = {*after_an_epoch[-plan.keep_checkpoints :], *saved[-2:], *before_decay[-1:]}
    for path in saved:
        if path not in kept:
            discard(path)


def candidates(folder: Path, plan: Plan, ancestors: Sequence[Ancestor]) -> list[Path]:
    """Return the checkpoints that this run can resume from, the latest step first; at equal steps its own come first.

    Another run's checkpoint at the last step of this run is left out, because this run draws pictures after its last
    epoch, which the other run may not have drawn.
    """
    own = _saved(folder)[::-1]
    others = [
        path
        for ancestor in ancestors
        for path in _saved(ancestor.folder)[::-1]
        if _step(path) <= ancestor.epochs * plan.steps_an_epoch and _step(path) < plan.steps
    ]
    return sorted([*own, *others], key=_step, reverse=True)


def restore(parts: _Parts, folder: Path, candidates: Sequence[Path], writes: bool = True) -> Found:
    """Load the newest sound checkpoint.

    Each damaged checkpoint is named on stderr. Damaged checkpoints of this run are removed if an older one is sound.

    Args:
        parts: the parts of the system, just made; they get the saved state.
        folder: the folder of the run.
        candidates: the checkpoints to try, the newest first.
        writes: whether this process may remove damaged checkpoints.

    Returns:
        The checkpoint from which the run resumes, or the beginning if there is no checkpoint.

    Raises:
        TrainingError: all checkpoints of the run are damaged, or a checkpoint is of another run or does not fit.
    """
    damaged: list[Path] = []
    for path in candidates:
        try:
            record = checked(path)
            progress = _progress(path, record)
        except DamagedError as error:
            print(f"warning: {path}: damaged checkpoint ({error})", file=sys.stderr)
            damaged.append(path)
            continue
        if record["fingerprint"] != path.parent.name:
            raise TrainingError(
                f"{path}: belongs to the run {record['fingerprint']}, so it was copied or renamed; remove it"
            )
        _load(path, parts)
        for broken in damaged:
            if writes and broken.parent == folder:
                discard(broken)
        return Found(path, progress, f"{record['why']}, {record['saved']}", record["setting"])
    if any(path.parent == folder for path in damaged):
        raise TrainingError(
            f"{folder}: all checkpoints are damaged; remove them with `pix2pix clean {folder.name}`, and the run "
            "starts from the beginning"
        )
    return Found(None, Progress(), "", {})


def _saved(folder: Path) -> list[Path]:
    """Return the checkpoints of a run by step; of two at one step, the one after an epoch is last."""
    found = [path for path in folder.glob("step-*") if NAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: (_step(path), path.name))


def _step(path: Path) -> int:
    found = NAME.fullmatch(path.name)
    assert found
    return int(found[1])


def refuse_broken(parts: _Parts, step: int) -> None:
    """Raise `DivergedError` if a weight is no longer finite."""
    for part in parts.values():
        for weight in getattr(part, "variables", [part]):
            if tf.as_dtype(weight.dtype).is_floating and not bool(tf.reduce_all(tf.math.is_finite(weight))):
                name = getattr(weight, "path", weight.name)
                raise DivergedError(
                    f"training stopped: {name} is not finite after step {step}; the last checkpoint is kept"
                )


def _hashes(path: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a checkpoint except `HASHES`, by its path in the folder."""
    found = sorted(file for file in path.rglob("*") if file.is_file() and file != path / HASHES)
    return {file.relative_to(path).as_posix(): sha256(file) for file in found}


def checked(path: Path) -> dict[str, Any]:
    """Check the hash of every file of a checkpoint, and return the contents of its `progress.json`.

    Raises:
        DamagedError: a file is missing, added or changed.
    """
    try:
        expected = read_json(path / HASHES)
        found = _hashes(path)
        if not isinstance(expected, dict) or expected.keys() != found.keys() or PROGRESS not in found:
            raise DamagedError("files are missing or were added")
        for name, digest in found.items():
            if expected[name] != digest:
                raise DamagedError(f"{name} has changed since it was written")
        return read_json(path / PROGRESS)
    except (OSError, ValueError, DataError) as error:
        if isinstance(error, OSError) and error.errno not in _UNREADABLE:
            raise
        raise DamagedError(one_line(error)) from None


def _progress(path: Path, record: dict[str, Any]) -> Progress:
    said = {name: record[name] for name in asdict(Progress()) if name != _SAMPLES}
    drawn = sorted((path / _SAMPLES).glob("*.png"))
    return Progress(**said, samples={int(file.stem): pictures.load_rgb(file) for file in drawn})


def _load(path: Path, parts: _Parts) -> None:
    try:
        tf.train.Checkpoint(**parts).read(str(path / STATE)).assert_consumed()
    except (ValueError, AssertionError, tf.errors.OpError) as error:
        # The hashes are right, so other code wrote it, or it is for other networks.
        raise TrainingError(
            f"{path}: does not fit this run's networks ({one_line(error)}); "
            f"after `pix2pix clean {path.parent.name}` it is trained anew"
        ) from None
