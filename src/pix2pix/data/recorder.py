"""Turn an archive into records: check every picture, write every pair and its row, write the manifest last."""

import contextlib
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import tensorflow as tf
from pydantic import BaseModel, ConfigDict, ValidationError
from tqdm import tqdm

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError
from pix2pix.data import (
    archive,
    decoding,
    inspection,
    labels,
    manifests,
    picture_classes,
    prepared,
    records,
    rows,
    splits,
    tasks,
)
from pix2pix.data.inspection import Facts, Inspected
from pix2pix.data.manifests import Far, Manifest, RoleEntry, Shard
from pix2pix.data.rows import Row
from pix2pix.data.splits import Role
from pix2pix.data.survey import Survey

# A row says of a pair what was found out about it, but for what only the verdict needs.
_RECORDED = Row.model_fields.keys() & set(Facts._fields)
# The manifest has the most frequent sizes of pictures, so that photos of a thousand sizes do not fill it.
_SIZES = 5


def write(source: Path, data: params.Data, limits: params.Prepare, folder: Path) -> Manifest:
    """Turn an archive into records, whole or not at all.

    Every picture is decoded and checked, whether a role uses it or not. Memory is bounded: pictures wait in a file
    (`archive.Pictures`), and only a few pairs are decoded before their turn to be written (see `ahead`).

    Args:
        source: the folder that `download.fetch` wrote.
        data: the `data` section of the parameters.
        limits: the `prepare` section.
        folder: becomes exactly the shards, their rows and `manifest.json`; of records that are made already, only the
            last (`prepared.take`).

    Raises:
        DataError: the archive is refused (`archive.members`), lacks a split, has bad pictures, one line for each, or
            pictures that are not what `data` says (`Survey.refusals`).
    """
    facts = _origin(source)
    if prepared.is_manifest(facts.address):
        return prepared.take(source / "archive", facts.address, data, folder)
    classes = labels.classes_of(data)
    with files.whole(folder) as new:
        new.mkdir()
        with archive.Pictures(source / "archive", data, limits, new, facts.address) as pictures:
            ids = list(pictures.files)
            roles = pictures.roles()
            survey = Survey(pictures.files, data)
            inspect = functools.partial(inspection.inspected, pictures, data, limits.max_pixels)
            with decoding.warnings_are_damage():
                shards = _write(roles, inspect, survey, pictures.files, data.example, limits.pairs_per_shard, new)
        if lines := survey.refusals(roles):
            raise DataError("\n".join(lines))
        kept = [facts for members in roles.values() for facts in survey.of(members)]
        content = Manifest(
            format=manifests.FORMAT,
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
            roles={
                role: _role(split, survey.of(roles[role]), shards[role], data, pictures.counts.get(role))
                for role, split in splits.named(data).items()
                if role in roles
            },
            sizes=_sizes(kept, data.has_pairs),
            notes=Counter(facts.note for facts in kept if facts.note),
            far=_far(kept, [field.name for field in tasks.task(data).fields if field.is_label]),
            remarks=[*pictures.remarks, *survey.remarks(roles)],
        )
        manifests.write(new, content)
    return content


class _Origin(BaseModel):
    """The part of `source.json` that matters here: what goes into the manifest, and where the user has the archive."""

    model_config = ConfigDict(strict=True)

    dataset: params.Dataset
    address: str
    sha256: rows.Sha256


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
) -> dict[Role, list[Shard]]:
    """Write the shards of every role and their rows, survey the pictures of all pairs, and return the shards."""
    shards: dict[Role, list[Shard]] = {role: [] for role in roles}
    plan = _plan(roles, pairs, per_shard)
    with tqdm(total=len(plan), unit=what, disable=None) as progress:
        results = zip(plan, inspect([place.pair for place in plan]), strict=True)
        for file, group in itertools.groupby(results, key=lambda result: result[0].file):
            with _Writer(folder / file) if file else contextlib.nullcontext() as writer:
                for place, result in group:
                    progress.update()
                    survey.add(place.pair, result)
                    if writer and isinstance(result, Inspected):
                        writer.append(place.pair, result)
            if writer and place.role and writer.rows:
                shards[place.role].append(writer.shard())
    return shards


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


class _Writer:
    """A record file and its rows, which are being written."""

    def __init__(self, path: Path) -> None:
        self._path, self._writer, self._end = path, tf.io.TFRecordWriter(str(path)), 0
        self.rows: list[Row] = []

    def append(self, pair: str, result: Inspected) -> None:
        """Write a record, and note its row."""
        record = records.example(pair, result.example)
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


def _role(
    split: str, found: Sequence[Facts], shards: list[Shard], data: params.Data, sides: dict[str, int] | None
) -> RoleEntry:
    """Return the manifest's entry of a role.

    Args:
        split: its split.
        found: the facts about its pairs, in their order.
        shards: its shards.
        data: the `data` section.
        sides: the number of pictures of each side; None for pairs.
    """
    ids = [facts.class_id for facts in found if facts.class_id is not None]
    return RoleEntry(
        split=split,
        pairs=len(found),
        shards=shards,
        sides=sides,
        classes=picture_classes.counted(ids, data.class_names) if data.class_names else None,
        shares=_mean([facts.shares for facts in found if facts.shares]),
        **manifests.summed_up({facts.id: facts.sha256 for facts in found}, sides["input"] if sides else None),
    )


def _mean(shares: Sequence[Mapping[str, float]]) -> dict[str, float] | None:
    return {name: float(np.mean([each[name] for each in shares])) for name in shares[0]} if shares else None


def _sizes(found: Sequence[Facts], paired: bool) -> dict[str, int]:
    """Count the sizes of pictures; without pairs, a picture that is in several records counts once."""
    sizes = {facts.id if paired else facts.sha256["target"]: f"{facts.width}x{facts.height}" for facts in found}
    return dict(Counter(sizes.values()).most_common(_SIZES))


def _far(found: Sequence[Facts], labels: Sequence[str]) -> Far | None:
    """Return how far the label maps are from the palette; None if there are none."""
    shares = [facts.far[name] for facts in found if facts.far for name in labels]
    return Far(mean=float(np.mean(shares)), worst=max(shares)) if shares else None
