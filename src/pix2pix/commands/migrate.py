"""`pix2pix migrate`: the parameters file of an earlier version, brought up to date."""

import os
import shutil
from argparse import Namespace
from pathlib import Path

from pix2pix.base.errors import ParamsError, UsageError, one_line
from pix2pix.base.files import CHECKOUT, whole, write_text
from pix2pix.params.migration import migrated


def run(options: Namespace) -> None:
    """Rewrite the file, keep the old one beside it, and print what has moved.

    Raises:
        UserError: there is no such file, it is no parameters file, or an old file is in the way.
    """
    path = options.path or CHECKOUT / "params.yaml"
    text, told = migrated(_read(path), one_line(path))
    if not told:
        print(f"{one_line(path)} is up to date; nothing was changed")
        return
    old = path.with_name(f"{path.name}.old")
    if os.path.lexists(old):
        raise UsageError(f"{one_line(old)} exists already, and would be written over; move it away first")
    with whole(old) as temporary:
        shutil.copy2(path, temporary)
    write_text(path, text)
    print("\n".join([*told, f"{one_line(path)} is up to date; the old text is in {one_line(old)}"]))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ParamsError(f"{one_line(path)}: not a text file in UTF-8") from None
