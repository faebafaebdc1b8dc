"""The contents of records in words, and as a picture to look at before training."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from pix2pix.base import files, pictures
from pix2pix.base.errors import number_of
from pix2pix.base.shown import mapping
from pix2pix.data import records
from pix2pix.data.caption import labelled
from pix2pix.data.picture_files import converted
from pix2pix.data.tasks import Field
from pix2pix.params import Data
from pix2pix.params.names import data_set


def described(data: Data, manifest: records.Manifest, seconds: float) -> str:
    """Describe in lines what an archive contained and what the records contain.

    Args:
        data: the `data` section.
        manifest: the manifest of the records.
        seconds: the time of the work.
    """
    return "\n".join(_lines(data, manifest, seconds))


def _lines(data: Data, manifest: records.Manifest, seconds: float) -> Iterator[str]:
    # Without pairs, the records join a picture of each side, and repeat those of the smaller side.
    found, what = sum(manifest.splits.values()), data.example if data.has_pairs else "record"
    yield f"{data_set(data)}: {number_of(found, what)}, checked in {seconds:.1f} s ({found / seconds:.0f} a second)"
    yield "  in the archive: " + ", ".join(f"{split} {count}" for split, count in manifest.splits.items())
    yield from (f"  {role}: {_counted(entry, what)} from {entry.split}" for role, entry in manifest.roles.items())
    if manifest.class_names:
        yield "  classes: the splits take no notice of them, so their shares may differ between roles"
    yield from (f"  {field.name}: {field}{_shown(field)}" for field in manifest.fields)
    own = {each.id if data.has_pairs else each.sha256["target"]: (each.width, each.height) for each in manifest.records}
    for (width, height), count in Counter(own.values()).most_common(5):
        which = "target" if "input" in (manifest.places or ()) else "picture"
        yield f"  {number_of(count, which)} of {width}x{height} in the archive"
    yield from (f"  {line}" for line in converted(each.note for each in manifest.records))
    for name in manifest.classes or ():
        share = sum(each.shares[name] for each in manifest.records if each.shares) / len(manifest.records)
        yield f"  class {name}: {share:.1%}"
    far = [each.far[field.name] for each in manifest.records if each.far for field in manifest.fields if field.is_label]
    if far:
        yield f"  label pixels with the colour of no class: {np.mean(far):.1%}, {max(far):.1%} in the worst picture"
    yield from (f"warning: {remark}" for remark in manifest.remarks)


def _counted(entry: records.RoleEntry, what: str) -> str:
    if entry.classes:
        return f"{number_of(entry.pairs, what)} ({listed(entry.classes)})"
    if entry.sides is None:
        return number_of(entry.pairs, what)
    return " and ".join(number_of(count, field) for field, count in entry.sides.items())


def listed(counts: Mapping[str, int]) -> str:
    """Say how many pictures each class has: `shop 12, no shop 8`."""
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _shown(field: Field) -> str:
    how = None if field.kind == "class" else mapping(field.channels, field.bits)
    return f"; shown as {how}" if how else ""


def draw(folder: Path, count: int, path: Path) -> None:
    """Draw training examples, evenly spread over the records, into a PNG file: input beside target, or single ones.

    The class of a picture stands below it.
    """
    examples, names = records.load(folder, "train"), records.manifest(folder).class_names
    count = min(count, len(examples))
    chosen = [examples[number * len(examples) // count] for number in range(count)]
    if names:
        rows = [[labelled(each["target"], names[int(each["class"])]) for each in chosen]]
    elif examples.task.given is None:
        rows = [[each["target"] for each in chosen]]
    else:
        rows = [list(each.values()) for each in chosen]
    with files.whole(path) as temporary:
        pictures.save_png(temporary, pictures.grid(rows))
