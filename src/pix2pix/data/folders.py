"""A folder of pictures as a tar."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from pix2pix import params
from pix2pix.base.errors import DataError, first_names, number_of, one_line
from pix2pix.base.files import CHECKOUT
from pix2pix.data.member import too_large
from pix2pix.data.picture_files import is_list, is_other, is_picture, is_table
from pix2pix.data.tasks import layout


def pack(folder: Path, archive: Path, data: params.Data, limits: params.Prepare) -> list[str]:
    """Make a tar of the pictures in a folder. The same names and contents give the same bytes.

    Links to files are followed, as DVC follows them; links to folders are refused, because DVC does not watch behind
    them.

    Args:
        folder: where the pictures are, at any depth.
        archive: the new tar.
        data: the `data` section; it says where pictures belong.
        limits: bounds `max_files` and `max_unpacked_gb`.

    Returns:
        The names of the files that lie among the pictures and were passed over.

    Raises:
        DataError: the folder holds no pictures, links to folders, links that lead nowhere, or more than the limits.
        OSError: a file or a folder cannot be read.
    """
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder, limits)}
    names = {name: path for name, path in there.items() if is_picture(name) or is_list(name) or is_table(name)}
    if odd := [name for name, path in names.items() if not path.is_file()]:
        raise DataError(f"{folder}: neither files nor links that lead to files: {first_names(sorted(odd))}")
    if not any(map(is_picture, names)):
        raise DataError(f"{folder}: holds no pictures; {layout(data)}{_copied()}")
    limit = int(limits.max_unpacked_gb * 1e9)
    if sum(path.stat().st_size for path in names.values()) > limit:
        raise DataError(f"{one_line(folder)}: {too_large(limit)}")
    with tarfile.open(archive, "w") as tar:
        for name in sorted(names):
            with names[name].open("rb") as file:
                member = tarfile.TarInfo(name)
                member.size = os.fstat(file.fileno()).st_size
                tar.addfile(member, file)
    return [name for name in there if is_other(name)]


def _files(folder: Path, limits: params.Prepare) -> Iterator[Path]:
    """Yield everything below a folder that is no folder, in the order of the names."""
    waiting = [folder]
    count = 0
    while waiting:
        for entry in sorted(waiting.pop().iterdir()):
            count += 1
            if count > limits.max_files:
                most = number_of(limits.max_files, "file")
                raise DataError(f"{folder}: more than {most}: prepare.max_files says that is too many")
            if not entry.is_dir():
                yield entry
            elif entry.is_symlink():
                raise DataError(
                    f"{one_line(entry)}: a link to a folder, and DVC does not notice changes behind it; copy the "
                    "pictures (`cp -rL`), or set data.path to the folder that really holds them"
                )
            else:
                waiting.append(entry)


def _copied() -> str:
    """Why a folder may be empty here: `dvc exp run --temp` and `--queue` work in a copy of what git has."""
    root = os.environ.get("DVC_ROOT")
    if root is None or Path(root).resolve() == CHECKOUT:
        return ""
    return (
        f". This is a copy of {root} that DVC made of what git has; for pictures that git does not have, give "
        "data.path as an absolute path"
    )
