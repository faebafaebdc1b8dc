"""A set without pairs: two sides of any sizes. They are split each by itself, and put together picture by picture.

A record holds a picture of each side, as if they were a pair. The smaller side begins again from its first picture
where it ends. So records, their checks, their digest and their readers are those of pairs, at the cost of at most as
many values as the larger side has. `RoleEntry.sides` says how many pictures each side really has.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pix2pix.base.errors import DataError
from pix2pix.data import splits
from pix2pix.data.layouts import Pairs, Sides
from pix2pix.data.picture_files import SPLITS, natural
from pix2pix.data.splits import Role
from pix2pix.params import Data


class Joined(NamedTuple):
    """The two sides put together.

    Attributes:
        files: the files of every record: id -> field -> name in the archive.
        roles: the ids of every role.
        counts: the number of pictures of each side, by role and field.
    """

    files: Pairs
    roles: dict[Role, list[str]]
    counts: dict[Role, dict[str, int]]


def joined(sides: Sides, data: Data) -> Joined:
    """Split each side, and put the pictures of each role together.

    Pictures of splits that no role uses are put together too, because every picture of an archive is checked.

    Raises:
        DataError: a side lacks a split, or nothing of it is left to train on; or two records would have the same id.
    """
    roles = {field: _roles(field, ids, data) for field, ids in sides.items()}
    files: Pairs = {}
    joint: dict[Role, list[str]] = {}
    for role in roles["input"]:
        joint[role] = _put_together(files, sides, {field: roles[field][role] for field in sides})
    for split in SPLITS:
        rest = {field: _unused(ids, roles[field], split) for field, ids in sides.items()}
        if any(rest.values()):
            _put_together(files, sides, {field: ids or list(sides[field])[:1] for field, ids in rest.items()})
    counts = {role: {field: len(roles[field][role]) for field in sides} for role in joint}
    return Joined(files, joint, counts)


def _roles(field: str, ids: Mapping[str, str], data: Data) -> dict[Role, list[str]]:
    try:
        return splits.roles(sorted(ids, key=natural), data.evaluation_split, data.selection_split, data.example)
    except DataError as error:
        raise DataError(f"data.{field}s: {error}") from None


def _unused(ids: Mapping[str, str], roles: Mapping[Role, list[str]], split: str) -> list[str]:
    used = {id_ for members in roles.values() for id_ in members}
    return [id_ for id_ in sorted(ids, key=natural) if id_ not in used and id_.startswith(f"{split}/")]


def _put_together(files: Pairs, sides: Sides, chosen: Mapping[str, list[str]]) -> list[str]:
    """Add the files of these pictures, and return the ids of the records."""
    inputs, targets = chosen["input"], chosen["target"]
    ids = []
    for number in range(max(len(inputs), len(targets))):
        one, other = inputs[number % len(inputs)], targets[number % len(targets)]
        found = {"input": sides["input"][one], "target": sides["target"][other]}
        id_ = _id(one, other)
        if files.setdefault(id_, found) != found:
            raise DataError(f"{' and '.join(found.values())}: their names join to {id_}, as others do; rename one")
        ids.append(id_)
    return ids


def _id(one: str, other: str) -> str:
    """Return the id of a record: the split of the input, and both names."""
    return one if one == other else f"{one}+{other.partition('/')[2]}"
