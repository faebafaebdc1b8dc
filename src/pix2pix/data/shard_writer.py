"""The shards of all roles: which pairs belong into each, and one of them with its rows, as it is written."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import tensorflow as tf

from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.data import records, rows
from pix2pix.data.inspection import Facts, Inspected
from pix2pix.data.manifests import Shard
from pix2pix.data.rows import Row
from pix2pix.data.splits import Role

# A row says of a pair what was found out about it, but for what only the verdict needs.
_RECORDED = Row.model_fields.keys() & set(Facts._fields)


class Group(NamedTuple):
    """Pairs that are inspected together: those of a shard, or some that no role uses.

    Attributes:
        pairs: their ids, in the order of the records.
        role: their role; None if no role uses them.
        file: the name of their shard; empty if no role uses them.
    """

    pairs: list[str]
    role: Role | None = None
    file: str = ""


class Written(NamedTuple):
    """What became of a group.

    Attributes:
        found: the facts about each pair, or why it cannot be used, in the order of the pairs.
        shard: the manifest's entry; None if there is nothing to write.
    """

    found: list[Facts | DataError]
    shard: Shard | None


def plan(roles: Mapping[Role, Sequence[str]], pairs: Iterable[str], per_shard: int) -> list[Group]:
    """Return the groups that all pairs are in: the shards of every role, then what no role uses.

    Args:
        roles: the pair ids of every role.
        pairs: all pair ids.
        per_shard: the most pairs of a group.
    """
    groups = []
    for role, members in roles.items():
        count = -(-len(members) // per_shard)
        for number, group in enumerate(_cut(members, per_shard)):
            groups.append(Group(group, role, f"{role}-{number:05d}-of-{count:05d}.tfrecord"))
    used = {pair for members in roles.values() for pair in members}
    return groups + [Group(group) for group in _cut([pair for pair in pairs if pair not in used], per_shard)]


def _cut(pairs: Sequence[str], most: int) -> Iterator[list[str]]:
    for start in range(0, len(pairs), most):
        yield list(pairs[start : start + most])


def write(folder: Path, group: Group, results: Iterable[Inspected | DataError]) -> Written:
    """Write the shard of a group and its rows, without the pairs that cannot be used.

    Args:
        folder: gets the two files; nothing of pairs that no role uses.
        group: the pairs.
        results: what came out of the inspection of each pair, in their order.
    """
    found: list[Facts | DataError] = []
    with _Writer(folder / group.file) if group.file else contextlib.nullcontext() as writer:
        for result in results:
            if writer and isinstance(result, Inspected):
                writer.append(result)
            found.append(result.facts if isinstance(result, Inspected) else result)
    return Written(found, writer.shard() if writer and writer.rows else None)


class _Writer:
    """A record file and its rows, which are being written."""

    def __init__(self, path: Path) -> None:
        self._path, self._writer, self._end = path, tf.io.TFRecordWriter(str(path)), 0
        self.rows: list[Row] = []

    def append(self, result: Inspected) -> None:
        """Write a record, and note its row."""
        record = records.example(result.facts.id, result.example)
        self._writer.write(record)
        facts = {name: value for name, value in result.facts._asdict().items() if name in _RECORDED}
        self.rows.append(Row(offset=self._end, **facts))
        self._end += records.framed(len(record))

    def shard(self) -> Shard:
        """Write the rows, and return the manifest's entry, after the records are written."""
        beside = rows.beside(self._path)
        rows.write(beside, self.rows)
        return Shard(
            file=self._path.name,
            pairs=len(self.rows),
            size=self._path.stat().st_size,
            sha256=files.sha256(self._path),
            rows=files.sha256(beside),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
