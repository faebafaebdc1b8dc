"""The contents of records in words, and as a picture to look at before training."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.base import files, pictures
from pix2pix.base.errors import number_of
from pix2pix.base.shown import mapping
from pix2pix.data import manifests, records
from pix2pix.data.caption import labelled
from pix2pix.data.manifests import Manifest, RoleEntry
from pix2pix.data.picture_files import converted
from pix2pix.data.tasks import Field
from pix2pix.params import Data
from pix2pix.params.names import data_set


def described(data: Data, manifest: Manifest, seconds: float) -> str:
    """Describe in lines what an archive contained and what the records contain.

    Args:
        data: the `data` section.
        manifest: the manifest of the records.
        seconds: the time of the work.
    """
    return "\n".join(_lines(data, manifest, seconds))


def _lines(data: Data, manifest: Manifest, seconds: float) -> Iterator[str]:
    # Without pairs, the records join a picture of each side, and repeat those of the smaller side.
    found, what = sum(manifest.splits.values()), data.example if data.has_pairs else "record"
    checked = f"checked in {seconds:.1f} s ({found / seconds:.0f} a second)"
    how = f"prepared already, at {manifest.address}" if manifest.address else checked
    yield f"{data_set(data)}: {number_of(found, what)}, {how}"
    yield "  in the archive: " + ", ".join(f"{split} {count}" for split, count in manifest.splits.items())
    yield from (f"  {role}: {_counted(entry, what)} from {entry.split}" for role, entry in manifest.roles.items())
    if manifest.class_names:
        yield "  classes: the splits take no notice of them, so their shares may differ between roles"
    yield from (f"  {field.name}: {field}{_shown(field)}" for field in manifest.fields)
    for size, count in sorted(manifest.sizes.items(), key=lambda item: -item[1]):
        which = "target" if "input" in (manifest.places or ()) else "picture"
        yield f"  {number_of(count, which)} of {size} in the archive"
    yield from (f"  {line}" for line in converted(manifest.notes))
    for name in manifest.classes or ():
        counted = [(entry.shares[name], entry.pairs) for entry in manifest.roles.values() if entry.shares]
        if counted:
            shares, pairs = zip(*counted, strict=True)
            yield f"  class {name}: {np.average(shares, weights=pairs):.1%}"
    if far := manifest.far:
        yield f"  label pixels with the colour of no class: {far.mean:.1%}, {far.worst:.1%} in the worst picture"
    yield from (f"warning: {remark}" for remark in manifest.remarks)


def _counted(entry: RoleEntry, what: str) -> str:
    if entry.classes:
        return f"{number_of(entry.pairs, what)} ({listed(entry.classes)})"
    if entry.sides is None:
        return number_of(entry.pairs, what)
    return " and ".join(number_of(count, field) for field, count in entry.sides.items())


def listed(counts: Mapping[str, int]) -> str:
    """Say how many pictures each class has: `shop 12, no shop 8`."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _shown(field: Field) -> str:
    if field.kind == "instance map":
        return "; shown as greys"
    how = None if field.kind == "class" else mapping(field.channels, field.bits)
    return f"; shown as {how}" if how else ""


def draw(folder: Path, count: int, path: Path) -> None:
    """Draw training examples, evenly spread over the records, into a PNG file: all their fields, or single pictures.

    The class of a picture stands below it.
    """
    examples, names = records.load(folder, "train"), manifests.read(folder).class_names
    count = min(count, len(examples))
    chosen = [examples[number * len(examples) // count] for number in range(count)]
    if names:
        rows = [[labelled(each["target"], names[int(each["class"])]) for each in chosen]]
    elif examples.task.given is None:
        rows = [[each["target"] for each in chosen]]
    else:
        rows = [[_seen(field, each[field.name]) for field in examples.task.fields] for each in chosen]
    with files.whole(path) as temporary:
        pictures.save_png(temporary, pictures.grid(rows))


def _seen(field: Field, values: NDArray[Any]) -> NDArray[Any]:
    """Return a field as it is drawn. Neighbouring ids get greys far apart; ids that are far apart may share one."""
    return values if field.kind != "instance map" else (values.astype(np.uint32) * 40503 % 65536).astype(np.uint16)
