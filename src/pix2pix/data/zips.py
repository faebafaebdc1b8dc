"""The members of a zip, read within bounds."""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pix2pix.base.errors import DataError
from pix2pix.data.member import Member, shown, too_large

_SIGNATURE = b"PK\x03\x04"
# The end of a zip archive is in its last so many bytes; a number of members that does not fit there is this.
_ZIP_END, _ZIP64 = 22 + 0xFFFF, 0xFFFF
_KINDS = {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}
_ENCRYPTED = 1


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip archive does."""
    with path.open("rb") as file:
        return file.read(len(_SIGNATURE)) == _SIGNATURE


def members(path: Path, limit: int) -> Iterator[Member]:
    """Every entry of a zip, in the order of its list.

    Args:
        path: a zip archive.
        limit: the most bytes that its members may have together, unpacked.

    Raises:
        DataError: they have more, or a member is encrypted, or compressed in a way whose memory has no bound.
        zipfile.BadZipFile, and what the decompressors raise: it is damaged or cut short.
    """
    total = 0
    with zipfile.ZipFile(path) as archive:
        for info in _listed(archive, path):
            total += info.file_size  # no more than this is ever read of it
            if total > limit:
                raise too_large(limit)
            _refuse_unreadable(info)
            archive.open(info).close()  # compares the name with that before the contents; not all members are read
            # `orig_filename` still has what stands behind a zero byte.
            yield Member(info.orig_filename, _kind(info), info.file_size, partial(_unzipped, archive, info))


def _listed(archive: zipfile.ZipFile, path: Path) -> list[zipfile.ZipInfo]:
    """The list of members. `zipfile` does not count: damage in the list can hide one member behind another."""
    listed = archive.infolist()
    size = path.stat().st_size
    if _count(path) not in (len(listed), _ZIP64) or not all(0 <= info.header_offset < size for info in listed):
        raise zipfile.BadZipFile("its list of members is damaged")
    return listed


def _count(path: Path) -> int:
    """How many members the end of a zip archive says it has; `_ZIP64` if that stands elsewhere."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _ZIP_END), os.SEEK_END)
        end = file.read()
    return int(struct.unpack_from("<H", end, end.rindex(b"PK\5\6") + 10)[0])


def _kind(info: zipfile.ZipInfo) -> str:
    if info.orig_filename.endswith(("/", "\\")):  # Windows writes either
        return "folder"
    return _KINDS.get(stat.S_IFMT(info.external_attr >> 16), "device")


def _refuse_unreadable(info: zipfile.ZipInfo) -> None:
    name = shown(info.orig_filename)
    if info.flag_bits & _ENCRYPTED:
        raise DataError(f"{name}: encrypted; unpack the archive with its password, and name the folder instead")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{name}: compressed in a way that has no bound; deflate it")


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        # Not `read()`: it would unpack more than `file_size` before it looks.
        contents = file.read(info.file_size)
    if zlib.crc32(contents) != info.CRC:  # which `zipfile` does not look at if it is told that nothing is there
        raise zipfile.BadZipFile(f"{shown(info.orig_filename)}: another checksum")
    return contents
