"""`pix2pix sample`: pictures from noise."""

import os
import re
from argparse import Namespace
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base.errors import UsageError, number_of, one_line
from pix2pix.base.files import whole
from pix2pix.base.pictures import grid, save_png, sheet
from pix2pix.base.shown import shown
from pix2pix.commands import model
from pix2pix.commands.inputs import SUFFIXES
from pix2pix.data import video

if TYPE_CHECKING:
    from pix2pix.models.sampler import Sampler

Image = NDArray[Any]
_SHEET, _FILMS = ".png", (".gif", ".mp4")
_ACROSS = 8
# A film shows so many pictures a second.
_RATE = 12


class _Row(NamedTuple):
    """Pictures of one class, or of a model without classes.

    Attributes:
        pictures: the pictures.
        files: a file for each picture, where each is to have its own.
    """

    pictures: list[Image]
    files: list[Path]


def run(options: Namespace) -> None:
    """Make pictures of a seed, or those on the way from one seed to another, and write them.

    Raises:
        UserError: the request is impossible, FFmpeg or the model is absent, the model reads pictures, or it does not
            know the class.
    """
    kind = options.out.suffix.lower()
    if kind in SUFFIXES - {_SHEET, *_FILMS} and not options.out.is_dir():
        raise UsageError(f"--out {one_line(options.out)}: the name of a file; name a folder, *{_SHEET}, *.gif or *.mp4")
    if kind in _FILMS and options.to is None:
        raise UsageError("--out: a film goes from one seed to another; name the other one with --to")
    if kind not in (_SHEET, *_FILMS) and options.to is not None:
        films = " or ".join(f"*{each}" for each in _FILMS)
        raise UsageError(f"--out: name a strip (*{_SHEET}) or a film ({films}) for the way from one seed to another")
    if kind in (_SHEET, *_FILMS):
        _refuse_existing([options.out], options.force)
    if kind == ".mp4":
        video.ffmpeg()
    sampler = model.load_sampler(options.model)
    classes = _classes(sampler, options)
    if kind in _FILMS and len(classes) > 1:
        raise UsageError(f"--class: a film shows one class; name {' or '.join(map(one_line, sampler.classes))}")
    if kind not in (_SHEET, *_FILMS):
        _refuse_existing([path for each in classes for path in _files(sampler, options, each)], options.force)
    rows = [_row(sampler, options, class_id) for class_id in classes]
    _written(options, rows)
    made = number_of(sum(len(row.pictures) for row in rows), "picture")
    of_each = f", {len(rows[0].pictures)} of each class" if len(rows) > 1 else ""
    print(f"{made}{of_each}: {one_line(options.out)}")


def _classes(sampler: "Sampler", options: Namespace) -> list[int | None]:
    """Return the classes to make pictures of: the one that is asked for, or all; [None] for a model without classes."""
    if options.class_ is not None:
        return [sampler.class_id(options.class_)]
    return [*range(len(sampler.classes))] or [None]


def _row(sampler: "Sampler", options: Namespace, class_id: int | None) -> _Row:
    """Make the pictures of a class. All classes have the same noise."""
    files = _files(sampler, options, class_id)
    if options.to is None:
        return _Row([sampler(options.seed, number, class_id) for number in range(options.count)], files)
    ends = sampler.noise(options.seed), sampler.noise(options.to)
    return _Row(sampler.between(*ends, options.count, class_id), files)


def _files(sampler: "Sampler", options: Namespace, class_id: int | None) -> list[Path]:
    """Return the files for the pictures of a class in a folder, which are named after seed, number and class."""
    suffix = "" if class_id is None else f"-{class_id}-{_plain(sampler.classes[class_id])}"
    return [options.out / f"{options.seed}-{number}{suffix}.png" for number in range(1, options.count + 1)]


def _plain(name: str) -> str:
    """Return the name of a class as a part of a file's name."""
    return re.sub(r"[^\w.]+", "_", name)


def _written(options: Namespace, rows: Sequence[_Row]) -> None:
    kind, made = options.out.suffix.lower(), rows[0].pictures
    if kind in _FILMS:
        _write_film(options.out, made)
    elif kind == _SHEET and len(rows) > 1:
        _write(options.out, grid([row.pictures for row in rows]))
    elif kind == _SHEET:
        _write(options.out, sheet(made, _ACROSS if options.to is None else len(made)))
    else:
        for row in rows:
            for path, picture in zip(row.files, row.pictures, strict=True):
                _write(path, picture)


def _refuse_existing(files: Sequence[Path], force: bool) -> None:
    there = [path for path in files if os.path.lexists(path)]
    if there and not force:
        raise UsageError(f"{one_line(there[0])} exists already; --force writes over it")


def _write(path: Path, picture: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        save_png(temporary, picture)


def _write_film(path: Path, made: Sequence[Image]) -> None:
    """Write pictures as a film that goes there and back, an endless one if it is a GIF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [shown(picture) for picture in (*made, *made[-2:0:-1])]
    with whole(path) as temporary:
        if path.suffix.lower() == ".gif":
            first, *others = map(PillowImage.fromarray, frames)
            first.save(temporary, "GIF", save_all=True, append_images=others, duration=1000 // _RATE, loop=0)
        else:
            _write_video(temporary, frames)


def _write_video(path: Path, frames: Sequence[NDArray[np.uint8]]) -> None:
    with video.written(path, None, Fraction(_RATE)) as write:
        for frame in frames:
            write(frame)
