"""Examples as TFRecords, and the manifest that says what is in them.

A record holds the raw values of every field, so that reading decodes nothing and loses nothing. The manifest says where
each record begins, so that any example can be read by its number. `recorder.py` writes both.
"""

import json
import math
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import from_json

from pix2pix.base import files
from pix2pix.base.errors import DataError, number_of, one_line
from pix2pix.data.examples import Examples
from pix2pix.data.labels import classes_of
from pix2pix.data.splits import Role, named
from pix2pix.data.tasks import Example, Field, Fields, Task, places, task
from pix2pix.params import Data, Dataset, Direction, Fit, Split

# The format of the records and their manifest. Records of another format are refused, and have to be made anew.
FORMAT: Literal[2] = 2
# A TFRecord has a frame: the length (8 bytes) and its checksum (4), the record and its checksum (4).
HEAD, _TAIL = 12, 4
AGAIN = "rerun `dvc repro -f prepare`"

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Shard(_Entry):
    """One record file: its name, the number of its records, and the SHA-256 of its bytes."""

    file: Annotated[str, StringConstraints(pattern=r"^[a-z]+-\d{5}-of-\d{5}\.tfrecord$")]
    pairs: PositiveInt
    sha256: Sha256


class RoleEntry(_Entry):
    """The contents of a role: the split as `params.yaml` names it, the number of pairs, the shards in order.

    In a set without pairs, `sides` has the number of pictures of each side, by field. A record then has a picture of
    each side. The smaller side begins again from its first picture where it ends; see `data.sides`. `classes` has the
    number of pictures of each class, by its name, where pictures have classes.
    """

    split: Split
    pairs: PositiveInt
    shards: list[Shard]
    sides: dict[str, PositiveInt] | None = None
    classes: dict[str, NonNegativeInt] | None = None


class Record(_Entry):
    """One example in one role.

    Attributes:
        id: the path in the archive without top folder and suffix, such as `val/12`.
        shard, offset: the record file, and the byte at which the framed record begins.
        width, height: the size of the picture in the archive, in pixels: of both halves, or of the target.
        sha256: the SHA-256 of the values of each field.
        shares: the share of each class in the label map, in [0, 1]; None without a palette.
        far: by field, the share of pixels that are far from all colours of the palette, in [0, 1]; None without one.
        note: the kind of picture that was converted to 8-bit sRGB; None if it was that already.
        class_id: the class of the picture, which is also its field `class`; None without classes of pictures.
    """

    id: str
    role: Role
    shard: str
    offset: NonNegativeInt
    width: PositiveInt
    height: PositiveInt
    sha256: dict[str, Sha256]
    shares: dict[str, float] | None = None
    far: dict[str, float] | None = None
    note: str | None = None
    class_id: NonNegativeInt | None = None


class Manifest(_Entry):
    """The contents of a folder of records. It has no times and no paths, so the same data give the same bytes.

    The file has one more key, `sha256`, which is the hash of all the others.

    Attributes:
        dataset, archive: the dataset's name, and the SHA-256 of its archive.
        direction: which half of the archive's pictures is the input.
        places: where the files of each field are in the archive; None if the fields are halves of one picture.
        fit: how pictures of another size were brought to that of the fields.
        fields: the fields of every example.
        classes: the names of the classes of pixels, in the order of their ids; None without a palette.
        class_names: the names of the classes of whole pictures, in the order of their ids; None without them.
        attribute_share: the least share of the label map, if that says the class of its photo; None if it does not.
        splits: the number of pairs that each split of the archive has, used or not.
        roles: the roles by name; `selection` is absent if its split is `none`.
        remarks: the warnings about the archive, a line each.
        records: the examples of `train`, then of `evaluation`, then of `selection`, each in the order of the files.
    """

    format: Literal[2]
    dataset: Dataset
    archive: Sha256
    direction: Direction
    places: dict[str, str] | None = None
    fields: Fields
    classes: list[str] | None
    splits: dict[Annotated[str, StringConstraints(pattern="^(train|val|test)$")], PositiveInt]
    roles: dict[Role, RoleEntry]
    records: list[Record]
    fit: Fit = "resize"
    remarks: list[str] = []
    class_names: list[str] | None = None
    attribute_share: float | None = None

    @property
    def paired(self) -> bool:
        """Whether the input and the target of an example belong together."""
        return all(entry.sides is None for entry in self.roles.values())

    @model_validator(mode="after")
    def _agree(self) -> "Manifest":
        """Check that each record says as much as the fields and classes ask for."""
        names, classes = {field.name for field in self.fields}, set(self.classes or ())
        for record in self.records:
            if record.sha256.keys() != names:
                raise ValueError(f"{record.id} has hashes of other fields")
            if record.shares is not None and record.shares.keys() != classes:
                raise ValueError(f"{record.id} has shares of other classes")
            if record.far is not None and not record.far.keys() <= names:
                raise ValueError(f"{record.id} is far from the palette in other fields")
        return self


def write_manifest(folder: Path, content: Manifest) -> None:
    """Write the manifest of a folder of records."""
    told = content.model_dump(mode="json", exclude_defaults=True)
    files.write_json(folder / "manifest.json", sealed(told))


def sealed(told: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of a manifest with their SHA-256 added."""
    return told | {"sha256": files.sha256_of([json.dumps(told, sort_keys=True)])}


def manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder of records.

    Raises:
        DataError: the file is missing, is no manifest, has another format, or was changed since it was written.
    """
    path = folder / "manifest.json"
    try:
        told = from_json(files.regular(path).read_bytes(), allow_inf_nan=False)
        if isinstance(told, dict) and "dataset" in told and told.get("format") != FORMAT:
            there = one_line(told.get("format", "the first one"))
            raise DataError(f"{path}: records of another format ({there}; this version reads {FORMAT}); {AGAIN}")
        seal = told.pop("sha256") if isinstance(told, dict) and "sha256" in told else None
        content = Manifest.model_validate(told)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run `dvc repro prepare`") from None
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or wrong["msg"].removeprefix("Value error, ")
        raise DataError(f"{path}: not a manifest ({one_line(where)}); {AGAIN}") from None
    except ValueError:
        raise DataError(f"{path}: not a manifest (not JSON); {AGAIN}") from None
    if sealed(told)["sha256"] != seal:
        raise DataError(f"{path}: changed since it was written (its sha256 is not the one in it); {AGAIN}")
    return content


def expected(folder: Path, data: Data) -> Manifest:
    """Read the manifest of a folder of records, and check that they were made as `data` says.

    Raises:
        DataError: the records were made for other parameters; or see `manifest`.
    """
    content = manifest(folder)
    palette = classes_of(data)
    told = {
        "data.dataset": (content.dataset, data.dataset),
        "data.direction": (content.direction, data.direction),
        "data.inputs and data.targets": (content.places, places(data)),
        "data.fit": (content.fit, data.fit),
        "data.palette": (content.classes, list(palette.names) if palette else None),
        "the classes of pictures": (content.class_names, list(data.class_names) or None),
        "data.attribute_share": (content.attribute_share, data.attribute_share if data.attribute else None),
        "the fields": (str(Task(content.fields)), str(task(data))),
        "data.task": tuple("pairs" if paired else "no pairs" for paired in (content.paired, data.has_pairs)),
        **{
            f"data.{role}_split": (content.roles[role].split if role in content.roles else "none", split)
            for role, split in named(data).items()
        },
    }
    for key, (there, asked) in told.items():
        if there != asked:
            # Without -f DVC would skip it: it takes a palette in another order for the same.
            raise DataError(f"{folder}: made for {key} = {there}, params.yaml says {asked}; {AGAIN}")
    return content


def digest(folder: Path, fields: Sequence[str] | None = None) -> str:
    """Return the identity of the data, 64 hexadecimal digits: each role's examples in order, their values and classes.

    The archive, and the distribution of the examples over files, do not count, because they cannot change what is
    learnt. Field names do not count either: a photo and its label map are the same data in both directions.

    Args:
        folder: the records.
        fields: the names of the fields that count, in this order; by default all, in the order of the manifest.
    """
    content = manifest(folder)
    task = Task(content.fields)
    kept = [task[name] for name in fields] if fields else content.fields
    told: list[Any] = [[_shape(field) for field in kept], content.classes]
    told += [content.class_names] if content.class_names else []  # data from before there were such classes keep theirs
    examples = ((record.role, record.id, *(record.sha256[field.name] for field in kept)) for record in content.records)
    return files.sha256_of([repr(told), *(part for example in examples for part in example)])


def _shape(field: Field) -> tuple[str | int, ...]:
    """Return what the values of a field are. 8 bits are left out, so data from before there were others keep theirs."""
    shape = field.kind, field.height, field.width, field.channels
    return shape if field.bits == 8 else (*shape, field.bits)


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
    """Check all files and records of a role against the manifest, and return its examples.

    Their values are not writable, because they lie in the mapped file. The system keeps what was read in its spare
    memory, so a data set of any size takes no memory of the process. Several threads may read at once.

    Raises:
        DataError: the role has no records, or a file or a record differs from the manifest.
    """
    content = manifest(folder)
    if role not in content.roles:
        raise DataError(f"{folder}: no records of the role {role}; data.{role}_split in params.yaml says none")
    wanted = [record for record in content.records if record.role == role]
    starts = defaultdict(list)
    for record in wanted:
        starts[record.shard].append(record.offset)
    frames = {}
    for shard in content.roles[role].shards:
        found = _checked(folder / shard.file, shard, starts[shard.file])
        mapped = np.asarray(np.memmap(folder / shard.file, np.uint8, mode="r"))
        frames.update({(shard.file, start - HEAD): (mapped, start, stop) for start, stop in found})
    if not len(frames) == len(wanted) == content.roles[role].pairs:
        told = f"{number_of(len(wanted), 'record')} of {role}, {len(frames)} in files; {AGAIN}"
        raise DataError(f"{folder / 'manifest.json'}: {told}")
    places = []
    for record in wanted:
        mapped, start, stop = frames[record.shard, record.offset]
        offsets = _offsets(mapped[start:stop].tobytes(), record.id, content.fields)
        if offsets is None:
            where = f"the record at byte {record.offset}"
            raise DataError(f"{folder / record.shard}: {where} is not {record.id!r}; {AGAIN}")
        places.append((mapped, *(start + offset for offset in offsets)))
    ids = [record.id for record in wanted]
    return Examples(ids, Task(content.fields), partial(_values, places, content.fields), content.roles[role].sides)


def _values(places: Sequence[tuple[Any, ...]], fields: Sequence[Field], number: int) -> dict[str, NDArray[Any]]:
    """Return the values of an example; a place is its mapped file and the bytes at which its fields begin."""
    mapped, *starts = places[number]
    return {
        field.name: np.frombuffer(mapped, field.dtype, math.prod(field.shape), start).reshape(field.shape)
        for field, start in zip(fields, starts, strict=True)
    }


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


def _checked(path: Path, shard: Shard, starts: list[int]) -> list[tuple[int, int]]:
    """Check a shard against the manifest, and return the begin and end of each record.

    Raises:
        DataError: the shard is missing, has another hash, or has other records.
    """
    if not path.is_file():
        raise DataError(f"{path}: missing, and manifest.json names it; {AGAIN}")
    if files.sha256(path) != shard.sha256:
        raise DataError(f"{path}: changed since it was written (its sha256 is not the manifest's); {AGAIN}")
    frames = list(_frames(path))
    whole = bool(frames) and frames[-1][1] + _TAIL == path.stat().st_size
    if not whole or len(frames) != shard.pairs or [start - HEAD for start, _ in frames] != starts:
        raise DataError(f"{path}: {len(frames)} records, manifest.json says {shard.pairs} or others; {AGAIN}")
    return frames


def _frames(path: Path) -> Iterator[tuple[int, int]]:
    """Yield the begin and end of every record in a file, by the lengths in the frames."""
    end, position = path.stat().st_size, 0
    with path.open("rb") as file:
        while position < end:
            file.seek(position)
            (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
            yield position + HEAD, position + HEAD + length
            position += framed(length)
