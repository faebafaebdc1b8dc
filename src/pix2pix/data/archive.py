"""The archive of pairs, verified and read without trusting it.

Nothing is unpacked: pictures go from the archive straight into memory, so no name in it ever becomes a path.
"""

import contextlib
import os
import re
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from pix2pix import params
from pix2pix.base.errors import DataError, first_names, number_of
from pix2pix.data import layouts, picture_classes, sides, splits, tars, zips
from pix2pix.data.member import Member, damage, shown
from pix2pix.data.picture_files import (
    ALIKE,
    JOINERS,
    KEEP_ONE,
    caseless,
    is_list,
    is_other,
    is_picture,
    is_table,
    most_bytes,
    natural,
    passed_over,
)

# The most letters of a name. Names are kept in memory to compare them, and a folder, a split and a file need no more.
_LONGEST_NAME = 1024
# Later stages write the pictures of a pair as `.val-NAME-segmentation.png.12345.part` and the like: bytes beside NAME.
_ROOM = 60


def verify(path: Path, limits: params.Prepare) -> None:
    """Check that an archive is complete and within its limits, without decoding its pictures.

    A compressed tar is read to its end, where its checksum stands.

    Args:
        path: see `members`.
        limits: bounds `max_files` and `max_unpacked_gb`.

    Raises:
        DataError: it is no archive, is cut short or damaged, or is larger than its limits.
    """
    with damage():
        for _ in _members(path, limits):
            pass


def members(
    path: Path, limits: params.Prepare, called: str | None = None, others: list[str] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and contents of each picture and each list of an archive, without writing to disk.

    Lists are those of the splits, and of the classes of pictures.

    Files that are clearly no pictures (by their suffix, or because the name starts with a dot) are passed over.

    Args:
        path: a tar, tar.gz, tar.bz2, tar.xz or zip archive; its name does not matter.
        limits: the bounds `max_files`, `max_unpacked_gb` and `max_pixels`: an archive may lie about its sizes.
        called: what messages call the archive, if not `path`.
        others: gets the names of the files that lie among the pictures and are passed over.

    Raises:
        DataError: the archive is damaged or cut short, exceeds a limit, or has a member that does not belong into an
            archive of pictures: a link, a device, a picture with a name that leads elsewhere, or with a name that some
            file systems take for the name of another picture.
    """
    seen: dict[str, str] = {}
    with damage(called or str(path)):
        for member in _members(path, limits):
            if member.kind not in ("file", "folder"):
                raise DataError(f"{shown(member.name)}: a {member.kind}, where only files and folders belong")
            if member.kind == "file" and _is_wanted(member.name):
                name = _refuse(member.name, seen)
                if member.size > most_bytes(limits.max_pixels):
                    raise DataError(f"{name}: {member.size:,} bytes are too many for prepare.max_pixels")
                yield name, member.read()
            elif others is not None and member.kind == "file" and is_other(member.name.replace("\\", "/")):
                others.append(member.name)


def _is_wanted(name: str) -> bool:
    return is_picture(name) or is_list(name) or is_table(name)


def _members(path: Path, limits: params.Prepare) -> Iterator[Member]:
    """Yield every entry of an archive, in its order."""
    read = zips.members if zips.is_zip(path) else tars.members
    for count, member in enumerate(read(path, int(limits.max_unpacked_gb * 1e9)), 1):
        if count > limits.max_files:
            raise DataError(f"more than {number_of(limits.max_files, 'file')}: prepare.max_files says that is too many")
        yield member


def _refuse(told: str, seen: dict[str, str]) -> str:
    """Refuse a picture's name that no archive of pictures holds, and remember it in `seen` as file systems fold it.

    Returns:
        The name, with / between its parts: some programs of Windows write a backslash.
    """
    name = told.replace("\\", "/")
    path = PurePosixPath(name)
    if any(unicodedata.category(letter) == "Cs" for letter in name):  # Python's form of bytes that are no letters
        raise DataError(f"{name[:200]!r}: a name that is not UTF-8; rename the file")
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp") for letter in name if letter not in JOINERS):
        raise DataError(f"{name[:200]!r}: a control character in a name")
    if len(name) > _LONGEST_NAME:
        raise DataError(f"{name[:60]}…: a name of {len(name):,} letters")
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", name):
        raise DataError(f"{told}: a name that leads out of the archive")
    twin = seen.setdefault(caseless(str(path)), name)
    if twin is not name:
        raise DataError(
            f"{twin} and {name}: {'the same name twice' if PurePosixPath(twin) == path else ALIKE}; {KEEP_ONE}"
        )
    return name


# --- Pictures by pair -------------------------------------------------------------------------------------


Place = tuple[int, int]


class Contents:
    """The files of pairs, undecoded in one file, from which they can be read in any order.

    Attributes:
        places: the first byte and the number of bytes of each part of each pair; see `layouts.Pairs`.
        class_ids: the class of each picture whose folder or list says it, by its id; see `picture_classes.of_files`.
    """

    def __init__(self, file: BinaryIO, places: Mapping[str, Mapping[str, Place]], class_ids: Mapping[str, int]) -> None:
        self._file, self.places, self.class_ids = file, places, class_ids
        self._lock = threading.Lock()

    def read(self, pair: str) -> dict[str, bytes]:
        """Return the contents of a pair's files, by part. Several threads may call it."""
        return {part: self._read(*place) for part, place in self.places[pair].items()}

    def _read(self, offset: int, size: int) -> bytes:
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)


class Pictures(Contents):
    """The pictures of an archive by pair id. An id is the split and the path in it, without suffix: `val/12`.

    A tar.gz can only be read from front to back. So an archive is read once, and its picture files go undecoded into
    one file, from which they can be read in any order.

    Attributes:
        files: the names in the archive for every pair id, by part; see `layouts.Pairs`. The ids are in natural order
            (`train/2` before `train/10`).
        remarks: what is odd about files that belong to no pair, in lines.
        counts: the number of pictures of each side of a set without pairs, by role and field; empty for pairs.
    """

    def __init__(
        self,
        archive: Path,
        data: params.Data,
        limits: params.Prepare,
        scratch: Path,
        called: str | None = None,
        file: BinaryIO | None = None,
    ) -> None:
        """Read an archive.

        Args:
            archive, limits, called: see `members`.
            data: the `data` section of the parameters.
            scratch: a folder on a disk with room for the archive, and for what later stages write.
            file: gets the picture files, and is closed at the end; without it, a nameless file in `scratch`.

        Raises:
            DataError: see `members`, `layouts.arranged` and `picture_classes.of_files`; or pictures have names that
                leave later stages no room for theirs.
        """
        kept = file or tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 (closed by __exit__)
        end, found = 0, dict[str, Place]()
        lists, tables, others = dict[str, list[str]](), dict[str, bytes](), list[str]()
        where = called or str(archive)
        with contextlib.ExitStack() as undo:
            undo.callback(kept.close)
            for name, contents in members(archive, limits, called, others):
                if is_list(name):
                    lists[PurePosixPath(name).stem] = _entries(name, contents)
                elif is_table(name):
                    tables[name] = contents
                else:
                    found[name] = (end, len(contents))
                    kept.write(contents)
                    end += len(contents)
            kept.flush()
            pairs, remarks, apart = layouts.arranged(list(found), lists, data, where)
            joined = sides.joined(apart, data) if apart else sides.Joined(pairs, {}, {})
            _refuse_long(joined.files, os.pathconf(scratch, "PC_NAME_MAX") - _ROOM, where)
            class_ids = picture_classes.of_files(joined.files, tables, data, where)
            undo.pop_all()
        self.files = {pair: joined.files[pair] for pair in sorted(joined.files, key=natural)}
        places = {pair: {part: found[name] for part, name in names.items()} for pair, names in self.files.items()}
        super().__init__(kept, places, class_ids)
        self.remarks = [*passed_over(others), *remarks]
        self.counts, self._roles, self._data = joined.counts, joined.roles, data

    def roles(self) -> dict[splits.Role, list[str]]:
        """Return the pair ids of every role; see `splits.roles`."""
        data = self._data
        return self._roles or splits.roles(list(self.files), data.evaluation_split, data.selection_split, data.example)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _entries(name: str, contents: bytes) -> list[str]:
    """The lines of a list of pairs, each the path of a pair, with or without a suffix.

    Raises:
        DataError: it is no text.
    """
    try:
        lines = contents.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise DataError(f"{name}: a list that is not UTF-8") from None
    return [line.strip() for line in lines if line.strip()]


def _refuse_long(ids: layouts.Pairs, most: int, archive: str) -> None:
    """Refuse pair ids of more than `most` bytes: pictures of a pair are written under its name."""
    if long := [name for pair, names in ids.items() if len(os.fsencode(pair)) > most for name in names.values()]:
        raise DataError(f"{archive}: longer names than {most} bytes: {first_names(long)}; give them shorter ones")
