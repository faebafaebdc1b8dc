"""Checkpoints: everything a run needs to go on as if it had not stopped.

A checkpoint is a folder `step-NNNNNNNN` (`step-NNNNNNNN-epoch-NNNN` after an epoch that `train.checkpoint_epochs`
names) in the run's folder, outside DVC's outputs: both networks with their moving averages, both optimisers, the best
generator so far (with `train.select`), and the run's progress. Random states need no saving: order, jitter and dropout
follow from (seed, epoch or step). It appears whole or not at all, and a hash of each of its files is checked when it
is read.
"""

import errno
import re
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import tensorflow as tf

from pix2pix.base import hardware, pictures
from pix2pix.base.errors import TrainingError, one_line
from pix2pix.base.files import discard, read_json, sha256, sha256_of, whole, write_json
from pix2pix.training.progress import Progress
from pix2pix.training.step import TrainingStep

# The source that decides what training does to the weights, below src/pix2pix.
CODE = (
    "base/processor.py",
    "base/scale.py",
    "base/seeds.py",
    "data/batches.py",
    "data/records.py",
    "data/tasks.py",
    "evaluation/likeness.py",
    "networks/blocks.py",
    "networks/discriminators/patch.py",
    "networks/layers/downconvolution.py",
    "networks/generators/unet.py",
    "networks/inference.py",
    "networks/layers/normalisation.py",
    "networks/precision.py",
    "networks/layers/upconvolution.py",
    "training/optimizers.py",
    "training/checkpoint.py",
    "base/determinism.py",
    "training/loop.py",
    "losses/adversarial.py",
    "losses/reconstruction.py",
    "base/hardware.py",
    "training/progress.py",
    "training/schedule.py",
    "training/selection.py",
    "training/step.py",
    "training/watched.py",
)
NAME = re.compile(r"step-(\d{8,})(-epoch-\d{4,})?")
# Files that are absent or of the wrong kind. Others (no permission, a network that is down) are no damage.
UNREADABLE = {errno.ENOENT, errno.EISDIR, errno.ENOTDIR}
HASHES, PROGRESS, STATE, SAMPLES = "hashes.json", "progress.json", "state", "samples"


class _DamagedError(Exception):
    """A checkpoint whose files are not those that were written."""


def code_digest() -> str:
    """SHA-256 over the source files that decide what training does."""
    package = Path(__file__).resolve().parents[1]
    return sha256_of(part for name in CODE for part in (name, (package / name).read_bytes()))


def save(folder: Path, training: TrainingStep, progress: Progress, why: str, epoch: int | None, keep: int) -> None:
    """Write a checkpoint, then remove those that are no longer needed.

    What stays is the newest `keep` of those after an epoch, and the newest two of all: the newest may turn out to be
    damaged.

    Args:
        folder: the run's.
        training: the networks and their optimisers.
        progress: how far they have come.
        why: the occasion, to be told when the run goes on from here.
        epoch: the number of epochs done, if `train.checkpoint_epochs` names this one; else the checkpoint is only
            there to go on from, and goes when two newer ones are there.
        keep: `train.keep_checkpoints`.

    Raises:
        TrainingError: a weight is no longer finite; nothing is saved.
    """
    _refuse_broken(training, progress.step)
    path = folder / (f"step-{progress.step:08d}" + (f"-epoch-{epoch:04d}" if epoch is not None else ""))
    with whole(path) as temporary:
        temporary.mkdir()
        tf.train.Checkpoint(**training.parts()).write(str(temporary / STATE))
        record = asdict(progress)
        for number, grid in record.pop(SAMPLES).items():
            pictures.save_png(temporary / SAMPLES / f"{number:04d}.png", grid)
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        write_json(
            temporary / PROGRESS,
            record | {"fingerprint": folder.name, "why": why, "saved": now, "setting": hardware.setting()},
        )
        write_json(temporary / HASHES, _hashes(temporary))
    _prune(folder, keep)


def restore(folder: Path, training: TrainingStep, steps: int) -> tuple[Progress, str]:
    """Load the newest sound checkpoint into `training`.

    Damaged ones are told on stderr and removed, once an older one has turned out to be sound.

    Args:
        folder: the run's.
        training: its networks and optimisers, just made.
        steps: of the whole run.

    Returns:
        How far the run has come, and why that checkpoint was written and when; a fresh `Progress` and "" when there
        is none. `exact` is False from here on if steps are left and this machine's setting differs from the one the
        checkpoint was written under.

    Raises:
        TrainingError: there are checkpoints, and all are damaged.
    """
    damaged: list[Path] = []
    for path in reversed(_saved(folder)):
        try:
            record = _checked(path)
            progress = _progress(path, record)
        except _DamagedError as error:
            print(f"warning: {path}: damaged checkpoint ({error})", file=sys.stderr)
            damaged.append(path)
            continue
        if record["fingerprint"] != folder.name:
            raise TrainingError(f"{path}: is of the run {record['fingerprint']}, copied or renamed; remove it")
        _load(path, training)
        for broken in damaged:
            discard(broken)
        if progress.step < steps:
            progress.exact &= _same_setting(record["setting"])
        return progress, f"{record['why']}, {record['saved']}"
    if damaged:
        raise TrainingError(
            f"{folder}: no sound checkpoint is left; `make clean-checkpoints RUN={folder.name}` removes what there is, "
            "then the run starts from the beginning"
        )
    return Progress(), ""


def _saved(folder: Path) -> list[Path]:
    """The checkpoints of a run, oldest first; of two of one step, the one after an epoch last."""
    found = {path: match for path in folder.glob("step-*") if (match := NAME.fullmatch(path.name))}
    return sorted(found, key=lambda path: (int(found[path][1]), path.name))


def _prune(folder: Path, keep: int) -> None:
    saved = _saved(folder)
    after_an_epoch = [path for path in saved if "-epoch-" in path.name]
    kept = {*after_an_epoch[-keep:], *saved[-2:]}
    for path in saved:
        if path not in kept:
            discard(path)


def _refuse_broken(training: TrainingStep, step: int) -> None:
    for part in training.parts().values():
        for weight in part.variables:
            if weight.dtype.startswith("float") and not bool(tf.reduce_all(tf.math.is_finite(weight))):
                raise TrainingError(
                    f"training stopped: {weight.path} is not finite after step {step}; the last checkpoint is kept. "
                    "A smaller model.learning_rate or another seed may help"
                )


def _hashes(path: Path) -> dict[str, str]:
    """SHA-256 of every file of a checkpoint but the one that holds them, by its name in the folder."""
    found = sorted(file for file in path.rglob("*") if file.is_file() and file != path / HASHES)
    return {file.relative_to(path).as_posix(): sha256(file) for file in found}


def _checked(path: Path) -> dict[str, Any]:
    """What `progress.json` says, once every file of the checkpoint is what was written."""
    try:
        expected = read_json(path / HASHES)
        found = _hashes(path)
        if not isinstance(expected, dict) or expected.keys() != found.keys() or PROGRESS not in found:
            raise _DamagedError("its files are not those that were written")
        for name, digest in found.items():
            if expected[name] != digest:
                raise _DamagedError(f"{name} has changed since it was written")
        return read_json(path / PROGRESS)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in UNREADABLE:
            raise
        raise _DamagedError(one_line(error)) from None


def _progress(path: Path, record: dict[str, Any]) -> Progress:
    said = {name: record[name] for name in asdict(Progress()) if name != SAMPLES}
    drawn = sorted((path / SAMPLES).glob("*.png"))
    return Progress(**said, samples={int(file.stem): pictures.load_rgb(file) for file in drawn})


def _load(path: Path, training: TrainingStep) -> None:
    try:
        tf.train.Checkpoint(**training.parts()).read(str(path / STATE)).assert_consumed()
    except (ValueError, AssertionError, tf.errors.OpError) as error:
        # Its hashes are right: it was written by other code or for other networks.
        raise TrainingError(
            f"{path}: does not fit this run's networks ({one_line(error)}); "
            f"`make clean-checkpoints RUN={path.parent.name}` has it trained anew"
        ) from None


def _same_setting(before: dict[str, str]) -> bool:
    now = hardware.setting()
    differing = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    for name in differing:
        print(
            f"warning: {name} was {before.get(name, 'unset')} and is {now.get(name, 'unset')}: the last bits may "
            "differ from those of an uninterrupted run; this one is marked exact=false",
            file=sys.stderr,
        )
    return not differing
