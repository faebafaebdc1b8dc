"""Turn an archive into records: check every picture, write every pair to its shard, write the manifest last."""

import contextlib
import functools
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, Self

import tensorflow as tf
from pydantic import BaseModel, ConfigDict, ValidationError
from tqdm import tqdm

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.base.threads import AHEAD, ahead
from pix2pix.data import archive, decoding, halves, labels, records, splits, tasks
from pix2pix.data.labels import Palette
from pix2pix.data.records import Manifest, Record, RoleEntry, Shard
from pix2pix.data.splits import Role

# The pictures that are decoded at the same time need no more memory than this, in bytes; or one needs more.
_IN_WORK = 1 << 30
# Decoded twice, see `jpeg`, with their difference, and as an array.
_BYTES_A_PIXEL = 16


def write(source: Path, data: params.Data, limits: params.Prepare, folder: Path) -> Manifest:
    """Turn an archive into records, whole or not at all.

    Every picture is decoded and checked, whether a role uses it or not. Memory is bounded: pictures wait in a file
    (`archive.Pictures`), and those that are decoded ahead of the one being written take no more than `_IN_WORK` bytes,
    or are one.

    Args:
        source: the folder that `download.fetch` wrote.
        data: the `data` section of the parameters.
        limits: the `prepare` section.
        folder: becomes exactly the shards and `manifest.json`.

    Raises:
        DataError: the archive is refused (`archive.members`), lacks a split, or has bad pictures, one line for each.
    """
    facts = _origin(source)
    classes = labels.classes_of(data)
    with files.whole(folder) as new:
        new.mkdir()
        with archive.Pictures(source / "archive", limits, new, facts.address) as pictures:
            ids = list(pictures.names)
            roles = splits.roles(ids, data.evaluation_split, data.selection_split)
            prepare = functools.partial(_prepare, pictures, data, classes, limits.max_pixels)
            weight = functools.partial(_weight, pictures)
            with decoding.warnings_are_damage():
                written = _write(roles, prepare, weight, pictures.names, limits.pairs_per_shard, new)
        content = Manifest(
            format=records.FORMAT,
            dataset=facts.dataset,
            archive=facts.sha256,
            direction=tasks.direction(data),
            fields=tasks.task(data).fields,
            classes=list(classes.names) if classes else None,
            splits=Counter(pair.split("/")[0] for pair in ids),
            roles={role: _role(role, written, data, new) for role in roles},
            records=written,
        )
        records.write_manifest(new, content)
    return content


class _Origin(BaseModel):
    """The part of `source.json` that matters here: what goes into the manifest, and where the user has the archive."""

    model_config = ConfigDict(strict=True)

    dataset: params.Dataset
    address: str
    sha256: records.Sha256


def _origin(source: Path) -> _Origin:
    """Read `source.json`, and check that the archive beside it has not changed since.

    Raises:
        DataError: a file is missing or damaged, or the archive has another hash.
    """
    path, said = source / "archive", source / "source.json"
    if not path.is_file() or not said.is_file():
        raise DataError(f"{path}: it or source.json beside it is missing; run `dvc repro download`")
    try:
        facts = _Origin.model_validate_json(said.read_bytes())
    except ValidationError:
        raise DataError(f"{said}: damaged; rerun `dvc repro -f download`") from None
    if files.sha256(path) != facts.sha256:
        raise DataError(f"{path}: changed since it was fetched; rerun `dvc repro -f download`")
    return facts


def _weight(pictures: archive.Pictures, pair: str) -> int:
    """The memory that the work on a pair needs, in bytes."""
    contents = pictures.read(pair)
    return len(contents) + decoding.pixels(contents) * _BYTES_A_PIXEL


class _Prepared(NamedTuple):
    """A pair before it is written to its shard: the serialized example, and the values for its manifest entry."""

    example: bytes
    facts: dict[str, Any]


def _prepare(
    pictures: archive.Pictures, data: params.Data, classes: Palette | None, max_pixels: int, pair: str
) -> _Prepared | DataError:
    """Do all the work on one pair; return an error instead if something is wrong with its picture."""
    task = tasks.task(data)
    try:
        read = halves.read(pictures.read(pair), task, tasks.halves(data), max_pixels)
    except DataError as error:
        return error
    facts: dict[str, Any] = {"id": pair, "width": read.width, "height": read.height, "note": read.note}
    facts["sha256"] = {name: hashlib.sha256(value.tobytes()).hexdigest() for name, value in read.example.items()}
    if classes:
        shares = classes.shares(classes.classes(read.example[task.label.name]))
        facts["shares"] = dict(zip(classes.names, shares.tolist(), strict=True))
    return _Prepared(records.example(pair, read.example), facts)


def _write(
    roles: dict[Role, list[str]],
    prepare: Callable[[str], _Prepared | DataError],
    weight: Callable[[str], int],
    names: dict[str, str],
    per_shard: int,
    folder: Path,
) -> list[Record]:
    """Write the shards of every role, check the pictures that no role uses, and return the manifest's entries.

    Raises:
        DataError: pictures are bad; the message has a line for each, with its name in the archive.
    """
    written: list[Record] = []
    bad: dict[str, DataError] = {}
    plan = _plan(roles, names, per_shard)
    with tqdm(total=len(plan), unit="pair", disable=None) as progress:
        made = ahead(prepare, [place.pair for place in plan], AHEAD, weight, _IN_WORK)
        results = zip(plan, made, strict=True)
        for file, group in itertools.groupby(results, key=lambda result: result[0].file):
            with _Shard(folder / file) if file else contextlib.nullcontext() as shard:
                for place, result in group:
                    progress.update()
                    if isinstance(result, DataError):
                        bad[names[place.pair]] = result
                    elif shard and place.role:
                        offset = shard.append(result.example)
                        written.append(Record(role=place.role, shard=file, offset=offset, **result.facts))
    if bad:
        lines = [f"{name}: {bad[name]}" for name in names.values() if name in bad]
        raise DataError("\n".join([f"{len(bad)} of {len(names)} pictures cannot be used:", *lines]))
    return written


class _Place(NamedTuple):
    """The role and the shard of a pair; None and an empty name if no role uses the pair."""

    role: Role | None
    file: str
    pair: str


def _plan(roles: dict[Role, list[str]], pairs: Iterable[str], per_shard: int) -> list[_Place]:
    """Return the place of every pair, shard after shard."""
    plan = []
    for role, members in roles.items():
        count = -(-len(members) // per_shard)
        for number, pair in enumerate(members):
            plan.append(_Place(role, f"{role}-{number // per_shard:05d}-of-{count:05d}.tfrecord", pair))
    used = {place.pair for place in plan}
    return plan + [_Place(None, "", pair) for pair in pairs if pair not in used]


class _Shard:
    """A record file that is being written."""

    def __init__(self, path: Path) -> None:
        self._writer = tf.io.TFRecordWriter(str(path))
        self._end = 0

    def append(self, record: bytes) -> int:
        """Write a record, and return the byte at which its frame begins."""
        offset = self._end
        self._writer.write(record)
        self._end += records.framed(len(record))
        return offset

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()


def _role(role: Role, written: list[Record], data: params.Data, folder: Path) -> RoleEntry:
    """Return the manifest's entry of a role, with the hashes of its shards."""
    counts = Counter(record.shard for record in written if record.role == role)
    shards = [Shard(file=file, pairs=count, sha256=files.sha256(folder / file)) for file, count in counts.items()]
    return RoleEntry(split=splits.named(data)[role], pairs=counts.total(), shards=shards)
