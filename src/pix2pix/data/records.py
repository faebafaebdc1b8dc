"""Examples as TFRecords.

A record holds the raw values of every field, so that reading decodes nothing and loses nothing. The rows beside a shard
say where each record begins, so that any example can be read by its number. `shard_writer.py` writes both.
"""

import functools
import math
import struct
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.threads import ahead
from pix2pix.data import checked, manifests, rows
from pix2pix.data.examples import Examples
from pix2pix.data.manifests import Manifest, Shard
from pix2pix.data.shards import Place
from pix2pix.data.splits import Role
from pix2pix.data.tasks import Example, Field, Task

T = TypeVar("T")
# A TFRecord has a frame: the length (8 bytes) and its checksum (4), the record and its checksum (4).
HEAD, _TAIL = 12, 4
# The shards of a role with no more bytes are all checked before anything is computed; of more, each at its first use.
CHECKED_AT_ONCE = 2 * 10**9
# The most shards that are mapped at a time. Each takes a file descriptor, of which a process may have about a thousand.
_MAPPED = 128


def framed(length: int) -> int:
    """Return the bytes that a record of `length` bytes takes in a file."""
    return HEAD + length + _TAIL


def example(id_: str, values: Example) -> bytes:
    """Serialize a `tf.train.Example`: the feature `id`, and the raw values of every field under its name."""
    texts = {"id": id_.encode(), **{name: value.tobytes() for name, value in values.items()}}
    features = {name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text])) for name, text in texts.items()}
    # A protobuf mapping has no order: without `deterministic`, equal examples could give different bytes.
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


def load(folder: Path, role: Role) -> Examples:
    """Return the examples of a role.

    Every shard in the folder is there and has its size, or this fails. Its bytes, rows and records are checked against
    the manifest before it is used: if the role has at most `CHECKED_AT_ONCE` bytes, here, and otherwise at the first
    example that lies in it. So a role of any size is opened in no time, and takes the process no memory but the ids and
    the places of what was used. Shards that lie elsewhere are fetched when they are used (`data.shards`).

    The values of an example are not writable, because they lie in the mapped file. The system keeps what was read in
    its spare memory. Several threads may read at once.

    Raises:
        DataError: the role has no records, or a file or a record differs from the manifest. Reading an example may
            raise it, too, in a role of more bytes.
    """
    content = manifests.read(folder)
    if role not in content.roles:
        raise DataError(f"{folder}: no records of the role {role}; data.{role}_split in params.yaml says none")
    entry = content.roles[role]
    shards = _Shards(folder, entry.shards, content)
    if sum(shard.size for shard in entry.shards) <= CHECKED_AT_ONCE:
        shards.check()
    return Examples(_Ids(shards), Task(content.fields), shards.example, entry.sides)


class _Rows(NamedTuple):
    """What of the rows of a shard is kept: the ids, and the bytes at which the framed records begin."""

    ids: list[str]
    offsets: list[int]


class _Shards:
    """The shards of a role, each checked before its first example is read."""

    def __init__(self, folder: Path, shards: Sequence[Shard], content: Manifest) -> None:
        self._place, self._shards, self._content = Place(folder, content.address), shards, content
        self._firsts = list(accumulate((shard.pairs for shard in shards), initial=0))
        self._rows: dict[int, _Rows] = {}
        self._places: dict[int, NDArray[np.int64]] = {}
        self._locks = [threading.Lock() for _ in shards]
        self._mapped = functools.lru_cache(_MAPPED)(self._map)
        for number, shard in enumerate(shards) if self._place.is_here else ():
            path = self._path(number)
            if (size := path.stat().st_size) != shard.size:
                raise DataError(f"{path}: {size:,} bytes, manifest.json says {shard.size:,}; {self._place.advice}")

    def __len__(self) -> int:
        return self._firsts[-1]

    def check(self) -> None:
        """Check all shards, several at a time."""
        for _ in ahead(self._placed, range(len(self._shards))):
            pass

    def id(self, number: int) -> str:
        """Return the id of the example of a number from 0."""
        shard, place = self._find(number)
        return self._told(shard).ids[place]

    def example(self, number: int) -> dict[str, NDArray[Any]]:
        """Return the values of the example of a number from 0."""
        shard, place = self._find(number)
        starts, mapped = self._placed(shard)[place].tolist(), self._mapped(shard)
        return {
            field.name: np.frombuffer(mapped, field.dtype, math.prod(field.shape), start).reshape(field.shape)
            for field, start in zip(self._content.fields, starts, strict=True)
        }

    def _find(self, number: int) -> tuple[int, int]:
        """Return the number of the shard that has an example, and the example's place in it."""
        shard = bisect_right(self._firsts, number) - 1
        return shard, number - self._firsts[shard]

    def _path(self, shard: int) -> Path:
        entry = self._shards[shard]
        return self._place.shard(entry.file, entry.sha256, entry.size)

    def _with_path(self, shard: int, use: Callable[[Path], T]) -> T:
        """Use the file of a shard. One that went to make room for others is fetched again."""
        while True:
            try:
                return use(self._path(shard))
            except FileNotFoundError:
                if self._place.is_here:
                    raise

    def _map(self, shard: int) -> NDArray[np.uint8]:
        """Return the bytes of a shard, checked, and begin to fetch the next one if that lies elsewhere.

        Raises:
            DataError: the shard has another hash.
        """

        def checked_map(path: Path) -> NDArray[np.uint8]:
            if not checked.has(path, self._shards[shard].sha256):
                changed = "changed since it was written (its sha256 is not the manifest's)"
                raise DataError(f"{path}: {changed}; {self._place.advice}")
            return np.asarray(np.memmap(path, np.uint8, mode="r"))

        mapped = self._with_path(shard, checked_map)
        self._expect(shard + 1)
        return mapped

    def _told(self, shard: int) -> _Rows:
        if shard not in self._rows:
            entry, fields = self._shards[shard], {field.name for field in self._content.fields}
            path = self._place.rows(rows.beside(Path(entry.file)).name, entry.rows, entry.size)
            found = rows.read(path, entry.rows, fields, self._content.classes, self._place.advice)
            if len(found) != entry.pairs:
                raise DataError(f"{path}: {len(found)} rows, manifest.json says {entry.pairs}; {self._place.advice}")
            self._rows[shard] = _Rows([row.id for row in found], [row.offset for row in found])
        return self._rows[shard]

    def _placed(self, shard: int) -> NDArray[np.int64]:
        """Return the bytes of a shard at which the fields of each record begin, int64 (records, fields)."""
        if shard not in self._places:
            with self._locks[shard]:
                if shard not in self._places:
                    self._places[shard] = self._checked(shard)
        return self._places[shard]

    def _expect(self, shard: int) -> None:
        """Begin to fetch a shard that lies elsewhere; if that fails, it is fetched again when it is needed."""

        def bring() -> None:
            with suppress(DataError, OSError):
                self._path(shard)

        if not self._place.is_here and shard < len(self._shards):
            threading.Thread(target=bring, name=f"fetch {shard}", daemon=True).start()

    def _checked(self, shard: int) -> NDArray[np.int64]:
        """Check a shard and its records, and return where its fields begin.

        Raises:
            DataError: the shard has another hash, or other records than its rows say.
        """
        entry, told = self._shards[shard], self._told(shard)
        mapped = self._mapped(shard)
        frames, places = list(_frames(mapped)), []
        whole = bool(frames) and frames[-1][1] + _TAIL == len(mapped)
        if not whole or [start - HEAD for start, _ in frames] != told.offsets:
            found = f"{len(frames)} records, its rows say {entry.pairs} or others"
            raise DataError(f"{self._path(shard)}: {found}; {self._place.advice}")
        for (start, stop), id_ in zip(frames, told.ids, strict=True):
            offsets = _offsets(mapped[start:stop].tobytes(), id_, self._content.fields)
            if offsets is None:
                found = f"the record at byte {start - HEAD} is not {id_!r}"
                raise DataError(f"{self._path(shard)}: {found}; {self._place.advice}")
            places.append([start + offset for offset in offsets])
        return np.array(places, np.int64)


class _Ids(Sequence[str]):
    """The ids of all examples, which are read from the rows of a shard when the first of them is asked for."""

    def __init__(self, shards: _Shards) -> None:
        self._shards = shards

    def __len__(self) -> int:
        return len(self._shards)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        numbers = range(len(self))[index]
        return self._shards.id(numbers) if isinstance(numbers, int) else [self._shards.id(each) for each in numbers]


def _offsets(record: bytes, id_: str, fields: Sequence[Field]) -> list[int] | None:
    """Return the bytes of a record at which its fields begin; None if it has another id or other fields."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except Exception:  # protobuf's DecodeError, but the project imports no protobuf
        return None
    found = {name: list(feature.bytes_list.value) for name, feature in features.items()}
    lengths = {field.name: math.prod(field.shape) * field.dtype.itemsize for field in fields}
    sound = found.pop("id", None) == [id_.encode()] and lengths == _lengths(found)
    # A record contains the values unchanged. If equal bytes stand in two places, either place will do.
    return [record.index(found[field.name][0]) for field in fields] if sound else None


def _lengths(features: Mapping[str, Sequence[bytes]]) -> dict[str, int]:
    """Return the number of bytes of each feature; -1 for a feature that is not a single byte string."""
    return {name: len(values[0]) if len(values) == 1 else -1 for name, values in features.items()}


def _frames(mapped: NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Yield the begin and end of every record in the bytes of a file, by the lengths in the frames."""
    position = 0
    while position < len(mapped):
        (length,) = struct.unpack("<Q", mapped[position : position + 8].tobytes().ljust(8, b"\0"))
        yield position + HEAD, position + HEAD + length
        position += framed(length)
