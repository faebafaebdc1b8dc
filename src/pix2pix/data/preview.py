"""The contents of records in words, and as a picture to look at before training."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pix2pix.base import files, pictures
from pix2pix.base.errors import number_of
from pix2pix.base.shown import mapping
from pix2pix.data import records
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
    if entry.sides is None:
        return number_of(entry.pairs, what)
    return " and ".join(number_of(count, field) for field, count in entry.sides.items())


def _shown(field: Field) -> str:
    how = mapping(field.channels, field.bits)
    return f"; shown as {how}" if how else ""


def draw(folder: Path, count: int, path: Path) -> None:
    """Draw training examples, evenly spread over the records, into a PNG file: input beside target, or single ones."""
    examples = records.load(folder, "train")
    count = min(count, len(examples))
    rows = [list(examples[number * len(examples) // count].values()) for number in range(count)]
    if examples.task.given is None:
        rows = [[picture for row in rows for picture in row]]
    with files.whole(path) as temporary:
        pictures.save_png(temporary, pictures.grid(rows))
