"""The picture and video files that a command line means, and the file that each answer goes to."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pix2pix.base.errors import DataError, UsageError, one_line
from pix2pix.data import picture_files, video
from pix2pix.data.picture_files import caseless, is_picture, natural

# The suffix of the answer to a video.
_VIDEO = ".mp4"
# Those of all files that can be read.
SUFFIXES = picture_files.SUFFIXES | video.SUFFIXES


class Job(NamedTuple):
    """A picture file, and the PNG file for its answer; or a video file, and the MP4 file for its answer."""

    source: Path
    target: Path

    @property
    def is_video(self) -> bool:
        """Whether the file is a video."""
        return self.target.suffix == _VIDEO


def plan(inputs: Sequence[str], out: Path, force: bool, skip: bool = False) -> list[Job]:
    """Return the jobs in the order of the command line, with the files of a folder in natural order.

    Args:
        inputs: picture and video files, folders, and patterns as `glob` reads them.
        out: the folder for all answers.
        force: whether existing files may be written over; an input is never written over.
        skip: whether inputs whose answer exists are left out.

    Raises:
        UsageError: an input does not exist or holds nothing to translate, an answer would replace another file, or
            `out` has the name of a picture or a video.
    """
    if out.suffix.lower() in SUFFIXES and not out.is_dir():
        raise UsageError(f"--out {_shown(out)}: the answers go into a folder, and this is the name of a file")
    # A picture that is named twice is one job.
    jobs = list(dict.fromkeys(job for word in inputs for path in _paths(word) for job in _jobs(path, out)))
    sources = {job.source.resolve() for job in jobs}
    makers: dict[str, Path] = {}
    for source, target in jobs:
        if (other := makers.setdefault(caseless(str(target)), source)) != source:
            raise UsageError(f"{_shown(other)} and {_shown(source)} would both become {_shown(target)}")
        if target.resolve() in sources:
            raise UsageError(f"{_shown(target)} is an input: name another folder to write to")
    if skip:
        return [job for job in jobs if not os.path.lexists(job.target)]
    there = [target for _, target in jobs if os.path.lexists(target)]
    if there and not force:
        more = f", and {len(there) - 1:,} more" if len(there) > 1 else ""
        raise UsageError(f"{_shown(there[0])} exists already{more}; --force writes over it, --skip-existing keeps it")
    return jobs


def _paths(word: str) -> list[Path]:
    """Return the files and folders that one word of the command line stands for."""
    if os.path.lexists(word):
        return [Path(word)]
    found = sorted(glob.glob(word, recursive=True), key=natural)  # noqa: PTH207 (`Path.glob` takes no absolute ones)
    if not found:
        raise UsageError(f"{one_line(word)}: no such file or folder")
    return [Path(name) for name in found]


def _jobs(path: Path, out: Path) -> Iterator[Job]:
    """Yield the job of a file, or the jobs of all pictures and videos below a folder."""
    if not path.is_dir():
        yield Job(path, out / _answer(path, Path(path.name)))
        return
    if out.resolve().is_relative_to(path.resolve()):
        raise UsageError(
            f"{_shown(out)} lies in {_shown(path)}: the next run would take the answers for inputs; name another "
            "folder to write to"
        )
    found = sorted(_pictures(path), key=lambda file: natural(str(file)))
    if not found:
        raise UsageError(f"{_shown(path)}: holds no pictures or videos ({', '.join(sorted(SUFFIXES))})")
    for file in found:
        yield Job(file, out / _answer(file, file.relative_to(path)))


def _pictures(folder: Path) -> Iterator[Path]:
    """Yield the pictures and videos below a folder, but behind no links to folders, which may lead in circles."""
    for where, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(where, name) for name in names if is_picture(name) or _is_video(name))


def _refuse(error: OSError) -> None:
    """Refuse a folder that cannot be read; `os.walk` would pass over it."""
    raise error


def _is_video(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in video.SUFFIXES


def _answer(source: Path, name: Path) -> Path:
    """Return the name of the answer to a file that has this name among the inputs."""
    suffix = _VIDEO if video.is_video(source) else ".png"
    known = name.suffix.lower() in SUFFIXES  # another ending is part of the name: `v1.5`
    return name.with_suffix(suffix) if known else name.with_name(f"{name.name}{suffix}")


def refuse_no_file(path: Path) -> None:
    """Raise `DataError` if a path leads to no file; reading a pipe would wait for ever."""
    if not path.is_file():
        raise DataError("no file, or a link that leads nowhere")


def _shown(path: Path) -> str:
    return one_line(path)
