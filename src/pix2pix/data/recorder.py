"""Turn an archive into records: check every picture, write every pair to its shard, write the manifest last."""

import contextlib
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import tensorflow as tf
from pydantic import BaseModel, ConfigDict, ValidationError
from tqdm import tqdm

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.data import archive, decoding, inspection, labels, picture_classes, records, splits, tasks
from pix2pix.data.inspection import Facts, Inspected
from pix2pix.data.records import Manifest, Record, RoleEntry, Shard
from pix2pix.data.splits import Role
from pix2pix.data.survey import Survey

# What the manifest says of a pair is what was found out about it, but for what only the verdict needs.
_RECORDED = Record.model_fields.keys() & set(Facts._fields)


def write(source: Path, data: params.Data, limits: params.Prepare, folder: Path) -> Manifest:
    """Turn an archive into records, whole or not at all.

    Every picture is decoded and checked, whether a role uses it or not. Memory is bounded: pictures wait in a file
    (`archive.Pictures`), and only a few pairs are decoded before their turn to be written (see `ahead`).

    Args:
        source: the folder that `download.fetch` wrote.
        data: the `data` section of the parameters.
        limits: the `prepare` section.
        folder: becomes exactly the shards and `manifest.json`.

    Raises:
        DataError: the archive is refused (`archive.members`), lacks a split, has bad pictures, one line for each, or
            pictures that are not what `data` says (`Survey.refusals`).
    """
    facts = _origin(source)
    classes = labels.classes_of(data)
    with files.whole(folder) as new:
        new.mkdir()
        with archive.Pictures(source / "archive", data, limits, new, facts.address) as pictures:
            ids = list(pictures.files)
            roles = pictures.roles()
            survey = Survey(pictures.files, data)
            inspect = functools.partial(inspection.inspected, pictures, data, limits.max_pixels)
            with decoding.warnings_are_damage():
                written = _write(roles, inspect, survey, pictures.files, data.example, limits.pairs_per_shard, new)
        if lines := survey.refusals(roles):
            raise DataError("\n".join(lines))
        content = Manifest(
            format=records.FORMAT,
            dataset=facts.dataset,
            archive=facts.sha256,
            direction=data.direction,
            places=tasks.places(data),
            fit=data.fit,
            fields=tasks.task(data).fields,
            classes=list(classes.names) if classes else None,
            class_names=list(data.class_names) or None,
            attribute_share=data.attribute_share if data.attribute else None,
            splits=Counter(pair.split("/")[0] for pair in ids),
            roles={role: _role(role, written, data, new, pictures.counts.get(role)) for role in roles},
            records=written,
            remarks=[*pictures.remarks, *survey.remarks(roles)],
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


def _write(
    roles: dict[Role, list[str]],
    inspect: Callable[[Sequence[str]], Iterable[Inspected | DataError]],
    survey: Survey,
    pairs: Iterable[str],
    what: str,
    per_shard: int,
    folder: Path,
) -> list[Record]:
    """Write the shards of every role, survey the pictures of all pairs, and return the manifest's entries."""
    written: list[Record] = []
    plan = _plan(roles, pairs, per_shard)
    with tqdm(total=len(plan), unit=what, disable=None) as progress:
        results = zip(plan, inspect([place.pair for place in plan]), strict=True)
        for file, group in itertools.groupby(results, key=lambda result: result[0].file):
            with _Shard(folder / file) if file else contextlib.nullcontext() as shard:
                for place, result in group:
                    progress.update()
                    survey.add(place.pair, result)
                    if shard and place.role and isinstance(result, Inspected):
                        offset = shard.append(records.example(place.pair, result.example))
                        facts = {name: value for name, value in result.facts._asdict().items() if name in _RECORDED}
                        written.append(Record(role=place.role, shard=file, offset=offset, **facts))
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


def _role(
    role: Role, written: list[Record], data: params.Data, folder: Path, sides: dict[str, int] | None
) -> RoleEntry:
    """Return the manifest's entry of a role, with the hashes of its shards."""
    counts = Counter(record.shard for record in written if record.role == role)
    shards = [Shard(file=file, pairs=count, sha256=files.sha256(folder / file)) for file, count in counts.items()]
    ids = [record.class_id for record in written if record.role == role and record.class_id is not None]
    classes = picture_classes.counted(ids, data.class_names) if data.class_names else None
    return RoleEntry(split=splits.named(data)[role], pairs=counts.total(), shards=shards, sides=sides, classes=classes)
