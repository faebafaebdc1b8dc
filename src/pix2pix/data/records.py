"""Pairs as TFRecords, and the manifest that says what is in them.

A record holds both halves as raw pixels, so that reading decodes nothing and loses nothing. Where each record begins
stands in the manifest, so that any pair can be read by its number. `recorder.py` writes them.
"""

import json
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from pix2pix.base import files
from pix2pix.base.errors import DataError, one_line
from pix2pix.data.labels import classes_of
from pix2pix.data.splits import Role, named
from pix2pix.params import Data, Dataset, Split

Image = NDArray[np.uint8]

# A TFRecord is framed: length (8 bytes), its checksum (4), the record, its checksum (4).
HEAD, TAIL = 12, 4
AGAIN = "rerun `dvc repro -f prepare`"

Positive = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Shard(_Entry):
    """One record file: its name, the number of its records, and the SHA-256 of its bytes."""

    file: Annotated[str, Field(pattern=r"^[a-z]+-\d{5}-of-\d{5}\.tfrecord$")]
    pairs: Positive
    sha256: Sha256


class RoleEntry(_Entry):
    """What a role is made of: the split as `params.yaml` names it, the number of pairs, the shards in order."""

    split: Split
    pairs: Positive
    shards: list[Shard]


class Row(_Entry):
    """One pair in one role.

    Attributes:
        id: its path in the archive without top folder and suffix, `val/12`.
        shard, offset: the file, and the byte where its framed record begins.
        width, height: of the picture in the archive, in pixels.
        sha256: of the pixels of both halves.
        shares: the share of each class in the label half, 0 … 1; None without a palette.
        note: what the picture was before it was converted to 8-bit RGB; None if it was that.
    """

    id: str
    role: Role
    shard: str
    offset: Whole
    width: Positive
    height: Positive
    sha256: Sha256
    shares: dict[str, float] | None = None
    note: str | None = None


class Manifest(_Entry):
    """What is in a folder of records. It holds no times and no paths: the same data, the same bytes.

    The file has one key more, `sha256`: of all the others.

    Attributes:
        dataset, archive: the dataset's name, and the SHA-256 of its archive.
        image_size: side of the halves, in pixels.
        label_half: the half that is a label map; None without a palette.
        classes: the names of the classes, in the order of their ids; None without a palette.
        splits: how many pairs the archive has of each split, used or not.
        roles: by name; `selection` is absent if its split is `none`.
        pairs: in the order of `train`, `evaluation`, `selection`, then of the records.
    """

    dataset: Dataset
    archive: Sha256
    image_size: Positive
    label_half: Literal["left", "right"] | None
    classes: list[str] | None
    splits: dict[Annotated[str, Field(pattern="^(train|val|test)$")], Positive]
    roles: dict[Role, RoleEntry]
    pairs: list[Row]


def write_manifest(folder: Path, content: Manifest) -> None:
    """Write the manifest of a folder of records."""
    told = content.model_dump(mode="json", exclude_defaults=True)
    files.write_json(folder / "manifest.json", sealed(told))


def sealed(told: dict[str, Any]) -> dict[str, Any]:
    """What a manifest says, with the SHA-256 of it."""
    return told | {"sha256": files.sha256_of([json.dumps(told, sort_keys=True)])}


def manifest(folder: Path) -> Manifest:
    """The manifest of a folder of records.

    Raises:
        DataError: it is absent, is no manifest, or was changed since it was written.
    """
    path = folder / "manifest.json"
    try:
        told = from_json(path.read_bytes(), allow_inf_nan=False)
        seal = told.pop("sha256") if isinstance(told, dict) and "sha256" in told else None
        content = Manifest.model_validate(told)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; run `dvc repro prepare`") from None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise DataError(f"{path}: not a manifest ({one_line(where) or 'no mapping'}); {AGAIN}") from None
    except ValueError:
        raise DataError(f"{path}: not a manifest (not JSON); {AGAIN}") from None
    if sealed(told)["sha256"] != seal:
        raise DataError(f"{path}: changed since it was written (its sha256 is not the one in it); {AGAIN}")
    return content


def expected(folder: Path, data: Data) -> Manifest:
    """The manifest of a folder of records, if they were made as `data` says.

    Raises:
        DataError: they were made for other parameters, or there is no manifest.
    """
    content = manifest(folder)
    palette = classes_of(data)
    told = {
        "dataset": (content.dataset, data.dataset),
        "image_size": (content.image_size, data.image_size),
        "label_half": (content.label_half, data.label_half if palette else None),
        "palette": (content.classes, list(palette.names) if palette else None),
        **{
            f"{role}_split": (content.roles[role].split if role in content.roles else "none", split)
            for role, split in named(data).items()
        },
    }
    for key, (there, asked) in told.items():
        if there != asked:
            way = "run `dvc repro prepare`"
            raise DataError(f"{folder}: made for data.{key} = {there}, params.yaml says {asked}; {way}")
    return content


def digest(folder: Path) -> str:
    """What identifies the data, in 64 hexadecimal digits: every role's pairs in order, their pixels and classes.

    Not the archive they came from, nor how they are spread over shards: neither can change what is learnt.
    """
    content = manifest(folder)
    told = [content.image_size, content.label_half, content.classes]
    return files.sha256_of([repr(told), *(part for row in content.pairs for part in (row.role, row.id, row.sha256))])


def framed(length: int) -> int:
    """The bytes a record of `length` bytes takes in a file."""
    return HEAD + length + TAIL


def example(pair: str, left: bytes, right: bytes, size: int) -> bytes:
    """A serialized `tf.train.Example`: `id`, `left` and `right` (raw uint8 `(size, size, 3)`), `size`."""
    texts = {"id": pair.encode(), "left": left, "right": right}
    features = {name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text])) for name, text in texts.items()}
    features["size"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[size]))
    # A mapping has no order of its own: without `deterministic` the same pair could give other bytes.
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)


class Pairs(Sequence[tuple[Image, Image]]):
    """The pairs of a role, any of them read from disk when it is asked for. Safe to use from several threads.

    `pairs[i]` is `(left, right)`: uint8 RGB `(size, size, 3)`, not writable. Both lie in the mapped file, so what was
    read before is read from the memory that the system has to spare, and a data set of any size takes none of ours.

    Attributes:
        ids: the id of every pair, `val/12`.
        size: side of the pictures, in pixels.
    """

    def __init__(self, ids: list[str], size: int, places: Sequence[tuple[NDArray[np.uint8], int, int]]) -> None:
        """`places` are the mapped file of every record, and where in it the left and the right half begin."""
        self.ids, self.size, self._places = ids, size, places

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> tuple[Image, Image]:  # type: ignore[override]  # no slices
        shard, left, right = self._places[index]
        length, shape = 3 * self.size * self.size, (self.size, self.size, 3)
        return shard[left : left + length].reshape(shape), shard[right : right + length].reshape(shape)


def load(folder: Path, role: Role) -> Pairs:
    """The pairs of a role, after every one of its shards and records has been checked against the manifest.

    Raises:
        DataError: there are no records of this role, or a shard or a record is not what the manifest says it is.
    """
    content = manifest(folder)
    if role not in content.roles:
        raise DataError(f"{folder}: no records of the role {role}; data.{role}_split in params.yaml says none")
    rows = [row for row in content.pairs if row.role == role]
    starts = defaultdict(list)
    for row in rows:
        starts[row.shard].append(row.offset)
    frames = {}
    for shard in content.roles[role].shards:
        found = _checked(folder / shard.file, shard, starts[shard.file])
        mapped = np.asarray(np.memmap(folder / shard.file, np.uint8, mode="r"))
        frames.update({(shard.file, start - HEAD): (mapped, start, stop) for start, stop in found})
    if not len(frames) == len(rows) == content.roles[role].pairs:
        raise DataError(f"{folder / 'manifest.json'}: {len(rows)} pairs of {role}, {len(frames)} in shards; {AGAIN}")
    places = []
    for row in rows:
        mapped, start, stop = frames[row.shard, row.offset]
        halves = _halves(mapped[start:stop].tobytes(), row.id, content.image_size)
        if halves is None:
            raise DataError(f"{folder / row.shard}: the record at byte {row.offset} is not {row.id!r}; {AGAIN}")
        places.append((mapped, start + halves[0], start + halves[1]))
    return Pairs([row.id for row in rows], content.image_size, places)


def _halves(record: bytes, pair: str, size: int) -> tuple[int, int] | None:
    """Where in a record its left and its right half begin; None if it is not of this pair, with halves of this size."""
    try:
        features = tf.train.Example.FromString(record).features.feature
    except Exception:  # protobuf's DecodeError; that package is TensorFlow's affair
        return None
    halves = [half for name in ("left", "right") for half in features[name].bytes_list.value]
    sound = (
        list(features["id"].bytes_list.value) == [pair.encode()]
        and list(features["size"].int64_list.value) == [size]
        and [len(half) for half in halves] == [3 * size * size] * 2
    )
    # They stand in it as they are; where the same bytes stand twice, either place is as good.
    return (record.index(halves[0]), record.index(halves[1])) if sound else None


def _checked(path: Path, shard: Shard, starts: list[int]) -> list[tuple[int, int]]:
    """Where the records of a shard begin and end, once it is what the manifest says it is.

    Raises:
        DataError: it is absent, has another hash, or other records.
    """
    if not path.is_file():
        raise DataError(f"{path}: missing, and manifest.json names it; {AGAIN}")
    if files.sha256(path) != shard.sha256:
        raise DataError(f"{path}: changed since it was written (its sha256 is not the manifest's); {AGAIN}")
    frames = list(_frames(path))
    whole = bool(frames) and frames[-1][1] + TAIL == path.stat().st_size
    if not whole or len(frames) != shard.pairs or [start - HEAD for start, _ in frames] != starts:
        raise DataError(f"{path}: {len(frames)} records, manifest.json says {shard.pairs} or others; {AGAIN}")
    return frames


def _frames(path: Path) -> Iterator[tuple[int, int]]:
    """Begin and end of every record in a file, by the lengths that stand before them."""
    end, position = path.stat().st_size, 0
    with path.open("rb") as file:
        while position < end:
            file.seek(position)
            (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
            yield position + HEAD, position + HEAD + length
            position += framed(length)
