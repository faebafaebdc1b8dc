"""The archive of pairs, verified and read without trusting it.

Nothing is unpacked: pictures go from the archive straight into memory, so no name in it ever becomes a path.
"""

import contextlib
import gzip
import io
import lzma
import os
import re
import stat
import struct
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from pix2pix import params
from pix2pix.base.errors import DataError, first_names, one_line
from pix2pix.data.picture_files import SPLITS, folded, is_other, is_picture, most_bytes, natural

LAYOUT = "pictures belong in train/, val/ or test/, all under at most one folder (facades/train/1.jpg)"
_CHUNK = 1 << 20
# The end of a zip archive is in its last so many bytes; a number of members that does not fit there is this.
_ZIP_END, _ZIP64 = 22 + 0xFFFF, 0xFFFF
_Stream = gzip.GzipFile | io.BufferedReader
# A tar header that only describes the next one (a long name) is read into memory; no name needs more.
_LONGEST_HEADER = 1 << 16
# Names are kept, to compare them: a folder, a split and a file need no more letters than this.
_LONGEST_NAME = 1024
# What the readers of the standard library raise at bytes that are no archive, or at a password.
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
)


def verify(path: Path) -> None:
    """Check that an archive is complete, without decoding its pictures.

    A tar.gz is read to its end: its checksum stands there, and `tarfile` stops before it.

    Raises:
        DataError: it is no tar, tar.gz or zip, or is cut short or damaged.
    """
    with _damage():
        for _ in _members(path, sys.maxsize):
            pass


def members(path: Path, limits: params.Prepare, others: list[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """The picture files of an archive: name and contents, in the archive's order, nothing written to disk.

    What is clearly no picture (another suffix, a name that starts with a dot) is passed over.

    Args:
        path: a tar, tar.gz or zip archive; its name is of no interest.
        limits: bounds `max_files`, `max_unpacked_gb` and `max_pixels`, as the archive may lie about its sizes.
        others: gets the names of the files that lie among the pictures and are passed over.

    Raises:
        DataError: it is damaged or cut short, is larger than its limits, or has a member that no archive of pictures
            has: a link, a device, a name that leads elsewhere, or two names that some file systems call the same.
    """
    seen: dict[str, str] = {}
    with _damage(path):
        for count, member in enumerate(_members(path, int(limits.max_unpacked_gb * 1e9)), 1):
            _refuse(member, seen)
            if count > limits.max_files:
                raise DataError(f"more than {limits.max_files} files: prepare.max_files says that is too many")
            if member.kind == "file" and is_picture(member.name):
                if member.size > most_bytes(limits.max_pixels):
                    raise DataError(f"{member.name}: {member.size:,} bytes are too many for prepare.max_pixels")
                yield member.name, member.read()
            elif others is not None and member.kind == "file" and is_other(member.name):
                others.append(member.name)


class Member(NamedTuple):
    """One entry of an archive. `kind` is file, folder, or what it is else; `read` gives a file's contents."""

    name: str
    kind: str
    size: int
    read: Callable[[], bytes]


def _members(path: Path, limit: int) -> Iterator[Member]:
    """Every entry of an archive, in its order; `limit` bounds what it unpacks to, in bytes."""
    return _zip_members(path, limit) if _is_zip(path) else _tar_members(path, limit)


def _zip_members(path: Path, limit: int) -> Iterator[Member]:
    total = 0
    with zipfile.ZipFile(path) as archive:
        listed = archive.infolist()
        # `zipfile` does not count: damage in the list can hide one member behind another.
        if _zip_count(path) not in (len(listed), _ZIP64):
            raise zipfile.BadZipFile("its list of members is damaged")
        for info in listed:
            if not 0 <= info.header_offset < path.stat().st_size:
                raise zipfile.BadZipFile("its list of members is damaged")
            total += info.file_size  # no more than this is ever read of it
            if total > limit:
                raise _too_large(limit)
            mode = stat.S_IFMT(info.external_attr >> 16)
            kind = {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}.get(mode, "device")
            archive.open(info).close()  # compares the name with that before the contents; not all members are read
            # `orig_filename` still has what stands behind a zero byte.
            name = info.orig_filename
            yield Member(name, "folder" if info.is_dir() else kind, info.file_size, partial(_unzipped, archive, info))


def _zip_count(path: Path) -> int:
    """How many members the end of a zip archive says it has; `_ZIP64` if that stands elsewhere."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _ZIP_END), os.SEEK_END)
        end = file.read()
    return int(struct.unpack_from("<H", end, end.rindex(b"PK\5\6") + 10)[0])


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{info.orig_filename}: compressed in a way that has no bound; deflate it")
    with archive.open(info) as file:
        # Not `read()`: it would unpack more than `file_size` before it looks.
        contents = file.read(info.file_size)
    if zlib.crc32(contents) != info.CRC:  # which `zipfile` does not look at if it is told that nothing is there
        raise zipfile.BadZipFile(f"{info.orig_filename}: another checksum")
    return contents


def _tar_members(path: Path, limit: int) -> Iterator[Member]:
    with _opened(path) as file:
        stream = _Watched(file, limit)
        archive = tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header)  # noqa: SIM115 (`stream` is closed)
        while (info := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # it would remember every one
            kind = "file" if info.isreg() and not info.issparse() else "folder" if info.isdir() else _special(info)
            yield Member(info.name, kind, info.size, partial(_contents, archive, info))
        while stream.read(_CHUNK):
            pass
        # `tarfile` takes a bad header, or none, for the end: the real one is nothing but zeros.
        if stream.count - stream.zeros > archive.offset or stream.zeros < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("its end is missing")


def _special(info: tarfile.TarInfo) -> str:
    return "link" if info.islnk() or info.issym() else "sparse file" if info.issparse() else "device"


def _contents(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    assert file is not None
    return file.read()


class _Header(tarfile.TarInfo):
    """A tar header whose claim is checked before `tarfile` reads that much into memory."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.size > _LONGEST_HEADER and not header.isreg()):
            raise DataError(f"{header.name[:200]!r}: a header of {header.size:,} bytes")
        return header


class _Watched(io.RawIOBase):
    """A stream that is read to no more than `limit` bytes, and that knows how many zeros it has just ended with."""

    def __init__(self, file: _Stream, limit: int) -> None:
        self.file, self.limit, self.count, self.zeros = file, limit, 0, 0

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.count += len(data)
        if self.count > self.limit:
            raise _too_large(self.limit)
        zeros = len(data) - len(data.rstrip(b"\0"))
        self.zeros = zeros + (self.zeros if zeros == len(data) else 0)
        return data


def _too_large(limit: int) -> DataError:
    return DataError(f"unpacks to more than {limit / 1e9:g} GB: prepare.max_unpacked_gb says that is too much")


def _refuse(member: Member, seen: dict[str, str]) -> None:
    """Refuse what no archive of pictures holds; remember in `seen` the names that were, as file systems fold them."""
    name = member.name
    path = PurePosixPath(name)
    if any(unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") for letter in name):
        raise DataError(f"{name[:200]!r}: a control character in a name")
    if len(name) > _LONGEST_NAME:
        raise DataError(f"{name[:60]}…: a name of {len(name):,} letters")
    if path.is_absolute() or ".." in path.parts or "\\" in name or re.match("[A-Za-z]:", name):
        raise DataError(f"{name}: a name that leads out of the archive")
    if member.kind not in ("file", "folder"):
        raise DataError(f"{name}: a {member.kind}, where only files and folders belong")
    if member.kind == "file":
        # Of pictures the suffix does not count either: 1.jpg and 1.png would be the same pair.
        named = path.with_suffix("") if is_picture(name) else path
        twin = seen.setdefault(folded(str(named)), name)
        if twin is not name:
            raise DataError(f"{name}: the same name as {twin}")


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _opened(path: Path) -> _Stream:
    """The bytes of a file, unzipped if they are gzipped."""
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if gzipped else path.open("rb")


@contextlib.contextmanager
def _damage(path: Path | None = None) -> Iterator[None]:
    """Say every kind of damage as a `DataError`, with the archive's path if it is given."""
    where = f"{path}: " if path else ""
    try:
        yield
    except DataError as error:
        raise DataError(f"{where}{error}") from None
    except DAMAGE as error:
        what = "cannot be read as a tar, tar.gz or zip archive; it may be cut short or damaged"
        raise DataError(f"{where}{what} ({one_line(error)})") from None


# --- Pictures by pair -------------------------------------------------------------------------------------


class Pictures:
    """The pictures of an archive by pair id, such as `val/12`: its path below the top folder, without suffix.

    A tar.gz can only be read from front to back, in an order that is its own. So it is read once, and its picture
    files (as they are, not decoded) go into one nameless temporary file, from where they are read in any order.

    Attributes:
        names: the name in the archive of every pair id, in natural order (`train/2` before `train/10`).
        others: the names of files that lie among the pictures and were passed over.
    """

    def __init__(self, archive: Path, limits: params.Prepare, scratch: Path) -> None:
        """Read an archive; `scratch` is a folder on a disk with room for it.

        Raises:
            DataError: see `members`; or pictures are missing or lie elsewhere than in the expected layout.
        """
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 (closed by __exit__)
        self.others: list[str] = []
        places = {}
        with contextlib.ExitStack() as undo:
            undo.callback(self._file.close)
            for name, contents in members(archive, limits, self.others):
                places[name] = (self._file.tell(), len(contents))
                self._file.write(contents)
            self._file.flush()
            ids = _pair_ids(list(places), archive)
            undo.pop_all()
        self.names = {pair: ids[pair] for pair in sorted(ids, key=natural)}
        self._places = {pair: places[name] for pair, name in ids.items()}

    def read(self, pair: str) -> bytes:
        """The contents of a pair's picture file. May be called from several threads."""
        offset, size = self._places[pair]
        return os.pread(self._file.fileno(), size, offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _pair_ids(names: list[str], archive: Path) -> dict[str, str]:
    """The name of every pair id.

    Raises:
        DataError: there are none, or they are not where they belong.
    """
    paths = {name: PurePosixPath(name).parts for name in names}
    astray = [name for name, parts in paths.items() if len(parts) not in (2, 3) or parts[-2] not in SPLITS]
    tops = sorted({"/".join(parts[:-2]) for parts in paths.values()})
    if astray or not names or len(tops) > 1:
        what = (
            f"{len(astray)} pictures lie elsewhere: {first_names(astray)}"
            if astray
            else f"top folders: {first_names(tops)}"
        )
        raise DataError(f"{archive}: {what if names else 'holds no pictures'}; {LAYOUT}")
    return {str(PurePosixPath(*parts[-2:]).with_suffix("")): name for name, parts in paths.items()}
