"""`pix2pix sample`: pictures from noise."""

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base.errors import UsageError, number_of, one_line
from pix2pix.base.files import whole
from pix2pix.base.pictures import save_png, sheet
from pix2pix.base.shown import shown
from pix2pix.commands import model

Image = NDArray[Any]
_SHEET, _FILM = ".png", ".gif"
_ACROSS = 8
# A film shows so many pictures a second.
_RATE = 12


def run(options: Namespace) -> None:
    """Make pictures of a seed, or those on the way from one seed to another, and write them.

    Raises:
        UserError: the request is impossible, there is no such model, or it is one that reads pictures.
    """
    kind = options.out.suffix.lower()
    if kind == _FILM and options.to is None:
        raise UsageError("--out: a film goes from one seed to another; name the other one with --to")
    if kind not in (_SHEET, _FILM) and options.to is not None:
        raise UsageError(f"--out: name a strip (*{_SHEET}) or a film (*{_FILM}) for the way from one seed to another")
    _refuse_existing(_files(options), options.force)
    sampler = model.load_sampler(options.model)
    if options.to is None:
        made = [sampler(options.seed, number) for number in range(options.count)]
    else:
        made = sampler.between(sampler.noise(options.seed), sampler.noise(options.to), options.count)
    if kind == _FILM:
        _write_film(options.out, made)
    elif kind == _SHEET:
        _write(options.out, sheet(made, _ACROSS if options.to is None else len(made)))
    else:
        for path, picture in zip(_files(options), made, strict=True):
            _write(path, picture)
    print(f"{number_of(len(made), 'picture')}: {one_line(options.out)}")


def _files(options: Namespace) -> list[Path]:
    """Return the files that are written: one, or in a folder one for each picture, by seed and number from 1."""
    if options.out.suffix.lower() in (_SHEET, _FILM):
        return [options.out]
    return [options.out / f"{options.seed}-{number + 1}.png" for number in range(options.count)]


def _refuse_existing(files: Sequence[Path], force: bool) -> None:
    there = [path for path in files if os.path.lexists(path)]
    if there and not force:
        raise UsageError(f"{one_line(there[0])} exists already; --force writes over it")


def _write(path: Path, picture: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        save_png(temporary, picture)


def _write_film(path: Path, made: Sequence[Image]) -> None:
    """Write pictures as an animated GIF that goes there and back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = [PillowImage.fromarray(shown(picture)) for picture in (*made, *made[-2:0:-1])]
    with whole(path) as temporary:
        first.save(temporary, "GIF", save_all=True, append_images=others, duration=1000 // _RATE, loop=0)
