"""The members of a tar, plain or compressed, read from front to back within bounds.

`tarfile` reads the header blocks. It does not walk the archive: it would wait for bytes that a header only claims, and
its time and memory for sparse files and for PAX headers are not bounded by the size of the archive.
"""

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from pix2pix.base.errors import DataError
from pix2pix.data.member import Member, shown, too_large

_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
# A header may describe the next one (a long name, PAX). No name needs more bytes, and no file more such headers.
_LONGEST_HEADER, _MOST_HEADERS = 1 << 13, 4
# All such headers of an archive together; to read them takes much longer than to pass over pictures.
_MOST_DESCRIPTION = 1 << 28
_NAME, _LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
_PAX, _GLOBAL = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE), tarfile.XGLTYPE
# V, D and M are of GNU tar: the label of a volume, a folder with a list of what it held, and the rest of a file.
_KINDS = {
    **dict.fromkeys((*tarfile.REGULAR_TYPES, tarfile.CONTTYPE), "file"),
    tarfile.DIRTYPE: "folder",
    **dict.fromkeys((tarfile.LNKTYPE, tarfile.SYMTYPE), "link"),
    **dict.fromkeys((tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE), "device"),
    b"V": "label",
    b"D": "folder",
    b"M": "part of a file from another volume",
}
_UNKNOWN = "thing of an unknown kind"
# Headers of these say a size, perhaps, but no contents follow.
_WITHOUT_CONTENTS = {kind for kind, word in _KINDS.items() if word in ("link", "device")} | {tarfile.DIRTYPE}
# Keys of PAX.
_SPARSE = ("GNU.sparse.", "SUN.holesdata")


def members(path: Path, limit: int) -> Iterator[Member]:
    """Every entry of a tar, in its order. `read` works until the next entry is asked for.

    Args:
        path: a tar, tar.gz, tar.bz2 or tar.xz.
        limit: the most bytes that the tar may have, unpacked.

    Raises:
        DataError: it has more, or a header claims more, or describes a file in too many bytes.
        tarfile.TarError, EOFError, ValueError, and what the decompressors raise: it is damaged or cut short.
    """
    with _opened(path) as file:
        stream = _Stream(file, limit)
        while (entry := _entry(stream)) is not None:
            if entry.size > limit - stream.count:
                raise too_large(limit)
            end = stream.count + _padded(entry.size)
            if entry.kind != "label":
                yield Member(*entry, partial(stream.exactly, entry.size))
            stream.skip(end - stream.count)
        _expect_zeros(stream)


def _opened(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked if they are compressed."""
    with path.open("rb") as file:
        first = file.read(6)
    if first.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.open(path))
    if first.startswith(b"BZh"):
        return cast(BinaryIO, bz2.open(path))
    if first == b"\xfd7zXZ\0":
        return cast(BinaryIO, lzma.open(path, format=lzma.FORMAT_XZ))
    return path.open("rb")


class _Stream:
    """A stream of which no more than `limit` bytes are read; `count` of them were, `described` by PAX and the like."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit, self.count, self.described = file, limit, 0, 0

    def read(self, size: int) -> bytes:
        """At most so many bytes, none at the end."""
        data = self._file.read(size)
        self.count += len(data)
        if self.count > self._limit:
            raise too_large(self._limit)
        return data

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        data = self.read(size)
        if len(data) < size:
            raise EOFError("the archive ends in the middle of a member")
        return data

    def skip(self, size: int) -> None:
        """Pass over so many bytes."""
        while size:
            size -= len(self.exactly(min(size, _CHUNK)))


class _Entry(NamedTuple):
    """What the headers of an entry say; `size` is the bytes of its contents."""

    name: str
    kind: str
    size: int


def _entry(stream: _Stream) -> _Entry | None:
    """The next entry; None at the block of zeros that ends a tar."""
    told: dict[str, str] = {}
    for _ in range(_MOST_HEADERS + 1):
        block = stream.read(_BLOCK)
        if len(block) < _BLOCK:
            raise tarfile.ReadError("its end is missing")
        if not any(block):
            return None
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if header.type not in (_NAME, _LINK, *_PAX, _GLOBAL):
            return _described(header, told)
        told |= _description(header, stream)
    raise DataError(f"{shown(header.name)}: more than {_MOST_HEADERS} headers for one file")


def _description(header: tarfile.TarInfo, stream: _Stream) -> dict[str, str]:
    """What a header says of the entry behind it, by the keys of PAX."""
    if not 0 <= header.size <= _LONGEST_HEADER:
        raise DataError(f"{shown(header.name)}: a header of {header.size:,} bytes")
    stream.described += header.size
    if stream.described > _MOST_DESCRIPTION:
        raise DataError(f"more than {_MOST_DESCRIPTION:,} bytes of headers that only describe files")
    contents = stream.exactly(_padded(header.size))[: header.size]
    if header.type in (_NAME, _LINK):
        return {"path": _text(contents.split(b"\0")[0])} if header.type == _NAME else {}
    told = _records(contents)
    if header.type != _GLOBAL:
        return told
    if {"path", "size"} & set(told):
        raise tarfile.HeaderError("a header that gives one name or size to all files")
    return {}  # a comment of Git, and the like


def _records(contents: bytes) -> dict[str, str]:
    """The records of a PAX header, each `LENGTH KEY=VALUE` and a line feed. The time grows with the length only."""
    told = {}
    contents = contents.rstrip(b"\0")
    at = 0
    while at < len(contents):
        digits = contents[at : at + 8].partition(b" ")[0]
        end = at + int(digits) if digits.isdigit() else 0
        key, equals, value = contents[at + len(digits) + 1 : end].partition(b"=")
        if not at < end <= len(contents) or not (equals and value.endswith(b"\n")):
            raise tarfile.HeaderError("a damaged PAX header")
        told[_text(key)] = _text(value[:-1])
        at = end
    return told


def _described(header: tarfile.TarInfo, told: dict[str, str]) -> _Entry:
    """The entry of a header, with what the headers before it say."""
    name = told.get("path", header.name)
    if header.type == tarfile.GNUTYPE_SPARSE or any(key.startswith(_SPARSE) for key in told):
        raise DataError(f"{shown(name)}: a sparse file; pack it without --sparse")
    kind = _KINDS.get(header.type, _UNKNOWN)
    size = int(told["size"]) if "size" in told else header.size
    if size < 0:
        raise tarfile.HeaderError("a size below zero")
    return _Entry(name, kind, 0 if header.type in _WITHOUT_CONTENTS else size)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _padded(size: int) -> int:
    """The bytes of the whole blocks that hold `size` bytes."""
    return -(-size // _BLOCK) * _BLOCK


def _expect_zeros(stream: _Stream) -> None:
    """Read to the end, where the checksum of a compressed archive stands: there must be nothing but zeros."""
    while data := stream.read(_CHUNK):
        if data.strip(b"\0"):
            raise tarfile.ReadError("its end is missing")
