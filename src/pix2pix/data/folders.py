"""A folder of pairs as a tar."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

from pix2pix import params
from pix2pix.base.errors import DataError, first_names
from pix2pix.data.archive import LAYOUT
from pix2pix.data.member import too_large
from pix2pix.data.picture_files import is_picture


def pack(folder: Path, archive: Path, limits: params.Prepare) -> None:
    """Make a tar of the pictures in a folder. The same names and contents give the same bytes. Links are followed.

    Args:
        folder: where the pictures are, at any depth.
        archive: the new tar.
        limits: bounds `max_files` and `max_unpacked_gb`.

    Raises:
        DataError: the folder holds no pictures, links that lead nowhere or in circles, or more than the limits.
        OSError: a file or a folder cannot be read.
    """
    names = {path.relative_to(folder).as_posix(): path for path in _files(folder, limits) if is_picture(path.name)}
    if odd := [name for name, path in names.items() if not path.is_file()]:
        raise DataError(f"{folder}: neither files nor links that lead to files: {first_names(sorted(odd))}")
    if not names:
        raise DataError(f"{folder}: holds no pictures; {LAYOUT}")
    limit = int(limits.max_unpacked_gb * 1e9)
    if sum(path.stat().st_size for path in names.values()) > limit:
        raise too_large(limit)
    with tarfile.open(archive, "w") as tar:
        for name in sorted(names):
            with names[name].open("rb") as file:
                member = tarfile.TarInfo(name)
                member.size = os.fstat(file.fileno()).st_size
                tar.addfile(member, file)


def _files(folder: Path, limits: params.Prepare) -> Iterator[Path]:
    """Everything below a folder that is no folder. Of linked folders none may lead back to one above it."""
    waiting: list[tuple[Path, frozenset[tuple[int, int]]]] = [(folder, frozenset())]
    count = 0
    while waiting:
        where, above = waiting.pop()
        status = where.stat()
        here = (status.st_dev, status.st_ino)
        if here in above:
            raise DataError(f"{where}: a link that leads back to a folder above it")
        for entry in where.iterdir():
            count += 1
            if count > limits.max_files:
                raise DataError(
                    f"{folder}: more than {limits.max_files} files: prepare.max_files says that is too many"
                )
            if entry.is_dir():
                waiting.append((entry, above | {here}))
            else:
                yield entry
