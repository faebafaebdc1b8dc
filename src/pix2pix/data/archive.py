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
from pix2pix.base.errors import DataError, first_names, number_of, one_line
from pix2pix.data.picture_files import SPLITS, folded, is_other, is_picture, most_bytes, natural

LAYOUT = "pictures belong in train/, val/ or test/, all under at most one folder (facades/train/1.jpg)"
_CHUNK = 1 << 20
# The end record of a zip archive lies in this many last bytes. It says `_ZIP64` if its number of members is too large.
_ZIP_END, _ZIP64 = 22 + 0xFFFF, 0xFFFF
_Stream = gzip.GzipFile | io.BufferedReader
# The most bytes of a tar header that only describes the next member, such as by a long name: it is read into memory.
_LONGEST_HEADER = 1 << 16
# The most letters of a name. Names are kept in memory to compare them, and a folder, a split and a file need no more.
_LONGEST_NAME = 1024
# The errors that the standard library raises for bytes that are no archive, or for a password.
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

    A tar.gz is read to its last byte, because `tarfile` stops before the checksum there.

    Raises:
        DataError: the file is no tar, tar.gz or zip archive, or it is cut short or damaged.
    """
    with _damage():
        for _ in _members(path, sys.maxsize):
            pass


def members(path: Path, limits: params.Prepare, others: list[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the name and contents of each picture file of an archive, in its order, without writing to disk.

    Files that are clearly no pictures (by their suffix, or because the name starts with a dot) are passed over.

    Args:
        path: a tar, tar.gz or zip archive; its name does not matter.
        limits: the bounds `max_files`, `max_unpacked_gb` and `max_pixels`: an archive may lie about its sizes.
        others: gets the names of the files that lie among the pictures and are passed over.

    Raises:
        DataError: the archive is damaged or cut short, exceeds a limit, or has a member that does not belong into an
            archive of pictures: a link, a device, a name that leads elsewhere, or a name that some file systems take
            for the name of another member.
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
    """One entry of an archive. `kind` is file, folder, or another kind of entry; `read` returns a file's contents."""

    name: str
    kind: str
    size: int
    read: Callable[[], bytes]


def _members(path: Path, limit: int) -> Iterator[Member]:
    """Yield every entry of an archive, in its order; `limit` is the most bytes that it may unpack to."""
    return _zip_members(path, limit) if _is_zip(path) else _tar_members(path, limit)


def _zip_members(path: Path, limit: int) -> Iterator[Member]:
    total = 0
    with zipfile.ZipFile(path) as archive:
        listed = archive.infolist()
        # `zipfile` does not compare the numbers, although damage in the list can hide one member behind another.
        if _zip_count(path) not in (len(listed), _ZIP64):
            raise zipfile.BadZipFile("its list of members is damaged")
        for info in listed:
            if not 0 <= info.header_offset < path.stat().st_size:
                raise zipfile.BadZipFile("its list of members is damaged")
            total += info.file_size  # never more than this is read
            if total > limit:
                raise _too_large(limit)
            mode = stat.S_IFMT(info.external_attr >> 16)
            kind = {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}.get(mode, "device")
            archive.open(info).close()  # this compares the two copies of the name, also for a member that is not read
            # `orig_filename` is the whole name; `filename` ends at a zero byte.
            name = info.orig_filename
            yield Member(name, "folder" if info.is_dir() else kind, info.file_size, partial(_unzipped, archive, info))


def _zip_count(path: Path) -> int:
    """Return the number of members by the end record of a zip archive; `_ZIP64` if the number stands elsewhere."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _ZIP_END), os.SEEK_END)
        end = file.read()
    return int(struct.unpack_from("<H", end, end.rindex(b"PK\5\6") + 10)[0])


def _unzipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{info.orig_filename}: compressed in a way that has no bound; deflate it")
    with archive.open(info) as file:
        # `read()` without a number would unpack more than `file_size` before it looks at the size.
        contents = file.read(info.file_size)
    if zlib.crc32(contents) != info.CRC:  # `zipfile` does not check this if the size is said to be 0
        raise zipfile.BadZipFile(f"{info.orig_filename}: another checksum")
    return contents


def _tar_members(path: Path, limit: int) -> Iterator[Member]:
    with _opened(path) as file:
        stream = _Watched(file, limit)
        archive = tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header)  # noqa: SIM115 (`stream` is closed)
        while (info := archive.next()) is not None:
            archive.members.clear()  # type: ignore[attr-defined]  # `tarfile` would remember every member
            kind = "file" if info.isreg() and not info.issparse() else "folder" if info.isdir() else _special(info)
            yield Member(info.name, kind, info.size, partial(_contents, archive, info))
        while stream.read(_CHUNK):
            pass
        # `tarfile` takes a bad or missing header for the end, but the real end is nothing but zeros.
        if stream.count - stream.zeros > archive.offset or stream.zeros < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("its end is missing")


def _special(info: tarfile.TarInfo) -> str:
    return "link" if info.islnk() or info.issym() else "sparse file" if info.issparse() else "device"


def _contents(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    assert file is not None
    return file.read()


class _Header(tarfile.TarInfo):
    """A tar header that is refused before `tarfile` reads too much into memory because of it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0 or (header.size > _LONGEST_HEADER and not header.isreg()):
            raise DataError(f"{header.name[:200]!r}: a header of {header.size:,} bytes")
        return header


class _Watched(io.RawIOBase):
    """A stream that gives at most `limit` bytes, and that counts the zeros at its end."""

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
    """Refuse a member that no archive of pictures has; `seen` keeps all names in the form `picture_files.folded`."""
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
        # The suffix of a picture does not count: 1.jpg and 1.png would be the same pair.
        named = path.with_suffix("") if is_picture(name) else path
        twin = seen.setdefault(folded(str(named)), name)
        if twin is not name:
            raise DataError(f"{name}: the same name as {twin}")


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _opened(path: Path) -> _Stream:
    """Open a file as a stream of its bytes, unpacked if they are gzipped."""
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if gzipped else path.open("rb")


@contextlib.contextmanager
def _damage(path: Path | None = None) -> Iterator[None]:
    """Turn every error about damage into a `DataError`, with the archive's path if it is given."""
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
    """The pictures of an archive by pair id. An id is the path below the top folder, without suffix: `val/12`.

    A tar.gz can only be read from front to back. So it is read once, and its picture files go undecoded into one
    nameless temporary file, from which they can be read in any order.

    Attributes:
        names: the name in the archive for every pair id, in natural order (`train/2` before `train/10`).
        others: the names of files that lie among the pictures and were passed over.
    """

    def __init__(self, archive: Path, limits: params.Prepare, scratch: Path) -> None:
        """Read an archive; `scratch` is a folder on a disk with room for it.

        Raises:
            DataError: see `members`; or pictures are missing or lie in other folders than the layout expects.
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
        """Return the contents of a pair's picture file. Several threads may call it."""
        offset, size = self._places[pair]
        return os.pread(self._file.fileno(), size, offset)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _pair_ids(names: list[str], archive: Path) -> dict[str, str]:
    """Return the name in the archive for every pair id.

    Raises:
        DataError: there are no pictures, or some lie where they do not belong.
    """
    paths = {name: PurePosixPath(name).parts for name in names}
    astray = [name for name, parts in paths.items() if len(parts) not in (2, 3) or parts[-2] not in SPLITS]
    tops = sorted({"/".join(parts[:-2]) for parts in paths.values()})
    if astray or not names or len(tops) > 1:
        what = (
            f"{number_of(len(astray), 'picture lies', 'pictures lie')} elsewhere: {first_names(astray)}"
            if astray
            else f"top folders: {first_names(tops)}"
        )
        raise DataError(f"{archive}: {what if names else 'holds no pictures'}; {LAYOUT}")
    return {str(PurePosixPath(*parts[-2:]).with_suffix("")): name for name, parts in paths.items()}
