"""Records as files: their rows read, and their manifest and rows edited so that their hashes match."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pix2pix.data import manifests

Edit = Callable[[Any], Any]


def read_rows(folder: Path, *roles: str) -> list[dict[str, Any]]:
    """The rows of all shards of some roles, or of every role, in order, each with its `role` and `shard`."""
    found = []
    for role in roles or ("train", "evaluation", "selection"):
        for path in sorted(folder.glob(f"{role}-*.jsonl")):
            told = {"role": role, "shard": path.with_suffix(".tfrecord").name}
            found += [told | json.loads(line) for line in path.read_text().splitlines()]
    return found


def change(folder: Path, edit: Edit, *, sealed: bool = True) -> None:
    """Edit the manifest, and its hash so that it matches."""
    path = folder / "manifest.json"
    told = json.loads(path.read_text())
    seal = told.pop("sha256")
    edit(told)
    path.write_text(json.dumps(manifests.sealed(told) if sealed else {**told, "sha256": seal}))


def change_rows(folder: Path, shard: str, edit: Edit) -> None:
    """Edit the rows of a shard, and all hashes so that they match."""
    path = (folder / shard).with_suffix(".jsonl")
    told = [json.loads(line) for line in path.read_text().splitlines()]
    edit(told)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in told))
    seal(folder, shard)


def seal(folder: Path, shard: str) -> None:
    """Make the manifest agree with what the files of a shard are."""

    def edit(told: dict[str, Any]) -> None:
        (entry,) = (each for role in told["roles"].values() for each in role["shards"] if each["file"] == shard)
        content = (folder / shard).read_bytes()
        beside = (folder / shard).with_suffix(".jsonl").read_bytes()
        entry |= {"size": len(content), "sha256": sha256(content), "rows": sha256(beside)}

    change(folder, edit)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
