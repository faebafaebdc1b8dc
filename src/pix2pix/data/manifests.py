"""The manifest: what is in a folder of records, in a file whose size does not grow with every example.

It names the shards and says what all examples together are. What is known of each example stands in the rows beside
its shard (`data.rows`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import NonNegativeInt, PositiveInt, StringConstraints, ValidationError, model_validator
from pydantic_core import from_json

from pix2pix.base import files
from pix2pix.base.errors import DataError, one_line
from pix2pix.data.labels import Palette, classes_of
from pix2pix.data.rows import AGAIN, Sha256, Told
from pix2pix.data.splits import Role, named
from pix2pix.data.tasks import Field, Fields, Task, places, task
from pix2pix.params import Data, Dataset, Direction, Fit, Split

# The format of the records and their manifest. Records of another format are refused, and have to be made anew.
FORMAT: Literal[3] = 3
NAME = "manifest.json"


class Shard(Told):
    """One record file.

    Attributes:
        file: its name; its rows stand in the `.jsonl` of the same name.
        pairs: the number of its records.
        size: the number of its bytes.
        sha256: the SHA-256 of its bytes.
        rows: the SHA-256 of the bytes of its rows.
    """

    file: Annotated[str, StringConstraints(pattern=r"^[a-z]+-\d{5}-of-\d{5}\.tfrecord$")]
    pairs: PositiveInt
    size: PositiveInt
    sha256: Sha256
    rows: Sha256


class RoleEntry(Told):
    """The contents of a role.

    Attributes:
        split: the split as `params.yaml` names it.
        pairs: the number of its examples.
        shards: its shards, in order.
        sides: in a set without pairs, the number of pictures of each side, by field. A record then has a picture of
            each side. The smaller side begins again from its first picture where it ends; see `data.sides`.
        classes: the number of pictures of each class, by its name; None without classes of pictures.
        shares: the mean share of each class in the label maps, in [0, 1]; None without a palette.
        learnt: by field, the SHA-256 of the ids and values of all examples in their order, which decides a training.
        pictures: the SHA-256 of the ids and values of all examples in the order of the ids, which tells whether two
            evaluations are of the same pictures.
        ids: the SHA-256 of the sorted ids that an evaluation has: of all examples, or of those that have every picture
            of the input once.
    """

    split: Split
    pairs: PositiveInt
    shards: list[Shard]
    sides: dict[str, PositiveInt] | None = None
    classes: dict[str, NonNegativeInt] | None = None
    shares: dict[str, float] | None = None
    learnt: dict[str, Sha256]
    pictures: Sha256
    ids: Sha256

    @model_validator(mode="after")
    def _agree(self) -> "RoleEntry":
        """Check that the shards have the pairs."""
        if sum(shard.pairs for shard in self.shards) != self.pairs:
            raise ValueError(f"{self.split}: the shards have other numbers of pairs")
        return self


class Far(Told):
    """The share of pixels of the label maps that are far from all colours of the palette, in [0, 1]."""

    mean: float
    worst: float


class Manifest(Told):
    """The contents of a folder of records. It has no times and no paths, so the same data give the same bytes.

    The file has one more key, `sha256`, which is the hash of all the others.

    Attributes:
        dataset, archive: the dataset's name, and the SHA-256 of its archive.
        direction: which half of the archive's pictures is the input.
        places: where the files of each field are in the archive; None if the fields are halves of one picture.
        fit: how pictures of another size were brought to that of the fields.
        fields: the fields of every example.
        classes: the names of the classes of pixels, in the order of their ids; None without a palette.
        colours: the colours of the classes, RGB, and that of pixels without a class, if there is one.
        class_names: the names of the classes of whole pictures, in the order of their ids; None without them.
        attribute_share: the least share of the label map, if that says the class of its photo; None if it does not.
        splits: the number of pairs that each split of the archive has, used or not.
        roles: the roles by name; `selection` is absent if its split is `none`.
        sizes: the number of pictures of each size in the archive (`512x256`); the most frequent sizes alone.
        notes: the number of pictures of each kind that was converted to 8-bit sRGB.
        far: how far the label maps are from the palette; None without one.
        remarks: the warnings about the archive, a line each.
        address: the address of the folder of the shards, if they lie elsewhere; None: beside the manifest.
    """

    format: Literal[3]
    dataset: Dataset
    archive: Sha256
    direction: Direction
    places: dict[str, str] | None = None
    fields: Fields
    classes: list[str] | None
    splits: dict[Annotated[str, StringConstraints(pattern="^(train|val|test)$")], PositiveInt]
    roles: dict[Role, RoleEntry]
    sizes: dict[str, PositiveInt]
    notes: dict[str, PositiveInt]
    remarks: list[str]
    far: Far | None = None
    fit: Fit = "resize"
    class_names: list[str] | None = None
    attribute_share: float | None = None
    address: str | None = None
    colours: list[list[int]] | None = None

    @property
    def paired(self) -> bool:
        """Whether the input and the target of an example belong together."""
        return all(entry.sides is None for entry in self.roles.values())

    @model_validator(mode="after")
    def _agree(self) -> "Manifest":
        """Check that each role says as much as the fields and classes ask for."""
        names, classes = {field.name for field in self.fields}, set(self.classes or ())
        for role, entry in self.roles.items():
            if entry.learnt.keys() != names:
                raise ValueError(f"{role} has hashes of other fields")
            if entry.shares is not None and entry.shares.keys() != classes:
                raise ValueError(f"{role} has shares of other classes")
        return self


def write(folder: Path, content: Manifest) -> None:
    """Write the manifest of a folder of records."""
    told = content.model_dump(mode="json", exclude_defaults=True)
    files.write_json(folder / NAME, sealed(told))


def sealed(told: dict[str, Any]) -> dict[str, Any]:
    """Return the contents of a manifest with their SHA-256 added."""
    return told | {"sha256": files.sha256_of([json.dumps(told, sort_keys=True)])}


def read(folder: Path) -> Manifest:
    """Read the manifest of a folder of records; see `parse`."""
    return parse(folder / NAME)


def parse(path: Path) -> Manifest:
    """Read the file of a manifest.

    Raises:
        DataError: the file is missing, is no manifest, has another format, or was changed since it was written.
    """
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
        message = wrong["msg"].removeprefix("Value error, ") if wrong["type"] == "value_error" else ""
        where = message or ".".join(map(str, wrong["loc"])) or wrong["msg"]
        raise DataError(f"{path}: not a manifest ({one_line(where)}); {AGAIN}") from None
    except ValueError:
        raise DataError(f"{path}: not a manifest (not JSON); {AGAIN}") from None
    if sealed(told)["sha256"] != seal:
        raise DataError(f"{path}: changed since it was written (its sha256 is not the one in it); {AGAIN}")
    return content


def expected(folder: Path, data: Data) -> Manifest:
    """Read the manifest of a folder of records, and check that they were made as `data` says.

    Raises:
        DataError: the records were made for other parameters; or see `read`.
    """
    content = read(folder)
    if told := other(content, data):
        # Without -f DVC would skip it: it takes a palette in another order for the same.
        raise DataError(f"{folder}: {told}; {AGAIN}")
    return content


def other(content: Manifest, data: Data) -> str | None:
    """Say for which other parameter records were made; None if they were made as `data` says."""
    palette = classes_of(data)
    told = {
        "data.dataset": (content.dataset, data.dataset),
        "data.direction": (content.direction, data.direction),
        "data.inputs, data.targets and data.instances": (content.places, places(data)),
        "data.fit": (content.fit, data.fit),
        "data.palette": (content.classes, list(palette.names) if palette else None),
        "data.palette or data.ignore, the colours": (content.colours, colours_of(palette)),
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
            return f"made for {key} = {there}, params.yaml says {asked}"
    return None


def colours_of(palette: Palette | None) -> list[list[int]] | None:
    """Return the colours of a palette as a manifest has them."""
    if palette is None:
        return None
    return palette.colours.tolist() + ([list(palette.no_class)] if palette.no_class else [])


def digest(content: Manifest, fields: Sequence[str] | None = None) -> str:
    """Return the identity of the data, 64 hexadecimal digits: each role's examples in order, their values and classes.

    The archive, and the distribution of the examples over files, do not count, because they cannot change what is
    learnt. Field names do not count either: a photo and its label map are the same data in both directions.

    Args:
        content: the manifest of the records.
        fields: the names of the fields that count, in this order; by default all, in the order of the manifest.
    """
    task = Task(content.fields)
    kept = [task[name] for name in fields] if fields else content.fields
    told: list[Any] = [[_shape(field) for field in kept], content.classes, content.class_names]
    roles = ((role, *(entry.learnt[field.name] for field in kept)) for role, entry in sorted(content.roles.items()))
    return files.sha256_of([repr(told), *(part for role in roles for part in role)])


def _shape(field: Field) -> tuple[str | int, ...]:
    return field.kind, field.height, field.width, field.channels, field.bits


def summed_up(examples: Mapping[str, Mapping[str, str]], once: int | None) -> dict[str, Any]:
    """Return what `RoleEntry` says of all examples of a role by hashes: `learnt`, `pictures` and `ids`.

    Args:
        examples: by id, in their order, the SHA-256 of the values of each field.
        once: the number of examples, from the first on, that have every picture of the input once; None: all.
    """
    names = next(iter(examples.values()))
    return {
        "learnt": {
            name: files.sha256_of(word for id_, hashes in examples.items() for word in (id_, hashes[name]))
            for name in names
        },
        "pictures": files.sha256_of(_sorted_words(examples)),
        "ids": of_ids(list(examples)[:once]),
    }


def of_ids(ids: Iterable[str]) -> str:
    """Return the SHA-256 of ids, whatever their order."""
    return files.sha256_of(sorted(ids))


def _sorted_words(examples: Mapping[str, Mapping[str, str]]) -> Iterable[str]:
    """Yield ids and hashes. Instance maps do not count: with them and without them it is the same evaluation."""
    for id_ in sorted(examples):
        yield id_
        hashes = sorted((name, hash_) for name, hash_ in examples[id_].items() if name != "instances")
        yield from (word for pair in hashes for word in pair)
