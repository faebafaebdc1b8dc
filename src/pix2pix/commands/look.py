"""`pix2pix look`: what a folder or an archive of pictures would be taken for."""

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pix2pix import params
from pix2pix.base import files, pictures
from pix2pix.base.errors import DataError, ParamsError, UsageError, one_line
from pix2pix.data import look
from pix2pix.pipeline import workspace

# They are assumed where params.yaml leaves the choice to the data set: the values of the façades, and others where
# inputs and targets have files of their own.
_HALVES = {"direction": "right_to_left", "palette": "cmp", "label_half": "right"}
_FILES = {"palette": "none", "label_folder": "inputs"}
# The sections that decide what pictures are taken for.
_SECTIONS = ("data", "prepare")


def run(options: Namespace) -> None:
    """Print it, write the picture, and end with the reasons why the pictures would be refused, if there are any.

    Raises:
        UserError: there is no such folder or archive, the picture would be written into it, a value is impossible, or
            `prepare` would refuse the pictures.
    """
    if not options.path.exists():
        raise UsageError(f"{one_line(options.path)}: no such file or folder")
    if allowed := params.refused_place(str(options.path)):
        raise UsageError(f"{one_line(options.path)}: must be {allowed}")
    _refuse_inside(options.out, options.path)
    if os.path.lexists(options.out) and not options.force:
        raise UsageError(f"{one_line(options.out)} exists already; --force writes over it")
    content = _changed(params.read(files.CHECKOUT / "params.yaml"), options.changes)
    assumed = _assume(content, options.path)
    checked = params.check(content, "parameters" if options.changes else "params.yaml", *_SECTIONS)
    seen = look.look(options.path, checked.data, checked.prepare)
    print("\n".join([*seen.lines, *assumed]))
    if seen.picture is not None:
        with files.whole(options.out) as temporary:
            pictures.save_png(temporary, seen.picture)
        print(f"{one_line(options.out)}: {seen.shows}")
    if seen.refused:
        raise DataError("\n".join(seen.refused))


def _changed(content: Any, words: Sequence[str]) -> Any:
    """Return the content of a parameters file with the values that the command line gives.

    Raises:
        ParamsError: a value is of no section that matters here, or the file has no such value.
    """
    if not words or not isinstance(content, dict):
        return content
    changes = workspace.assigned(words, content)
    if others := [path for path in changes if path.partition(".")[0] not in _SECTIONS]:
        raise ParamsError(f"{', '.join(others)}: has no effect here; only {' and '.join(_SECTIONS)} have")
    return workspace.overridden(content, changes)


def _refuse_inside(out: Path, path: Path) -> None:
    """Refuse to write among the pictures, or over a picture that a link among them leads to."""
    target, home = out.resolve(), path.resolve()
    linked = (file for file in (path.rglob("*") if out.exists() else ()) if file.is_symlink())
    if target.is_relative_to(home) or any(file.resolve() == target for file in linked):
        raise UsageError(
            f"{one_line(out)} belongs to {one_line(path)}, which is only looked at; name another file with -o"
        )


def _assume(content: Any, path: Path) -> list[str]:
    """Make a parsed parameters file name the path as its own pictures, and say what it leaves open, in lines."""
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        return []
    if data.get("task") in params.SINGLE:
        data |= {"dataset": "custom", "path": str(path), "url": None}
        return []
    assumed = _HALVES if data.get("inputs") is None else _FILES
    open_ = {key: value for key, value in assumed.items() if data.get(key) == "auto"}
    if "none" in (data.get("palette"), open_.get("palette")):
        for key in ("label_half", "label_folder"):
            open_.pop(key, None)  # of no effect, so nobody has to say it
    data |= {"dataset": "custom", "path": str(path), "url": None, **open_}
    told = ", ".join(f"data.{key}: {value}" for key, value in open_.items())
    return [f"params.yaml does not say {told}. This is assumed; your own pictures need these keys"] if told else []
