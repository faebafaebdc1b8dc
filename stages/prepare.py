"""Turn the archive in `data/raw/` into `data/records/` (TFRecords, their manifest) and `data/preview.png`."""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.base import framework
from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin("data", "prepare")
framework.import_tensorflow()

from pix2pix.base import files, pictures
from pix2pix.data import recorder, records

RECORDS = Path("data/records")


def main(params: Params) -> None:
    """Write the records, say what they hold, and draw the first thing to look at."""
    began = time.perf_counter()
    manifest = recorder.write(Path("data/raw"), params.data, params.prepare, RECORDS)
    describe(manifest, time.perf_counter() - began)
    preview(params.prepare.preview_pairs)


def describe(manifest: records.Manifest, seconds: float) -> None:
    """What was found, for whoever watches."""
    found = sum(manifest.splits.values())
    print(f"{manifest.dataset}: {found} pairs, checked in {seconds:.1f} s ({found / seconds:.0f} a second)")
    print("  in the archive: " + ", ".join(f"{split} {count}" for split, count in manifest.splits.items()))
    for role, entry in manifest.roles.items():
        print(f"  {role}: {entry.pairs} pairs from {entry.split}")
    for field in manifest.fields:
        print(f"  {field.name}: {field}")
    for (width, height), count in Counter((each.width, each.height) for each in manifest.records).most_common(5):
        print(f"  {count} pictures of {width}x{height} in the archive")
    for note, count in Counter(each.note for each in manifest.records if each.note).items():
        print(f"  {count} converted to RGB: {note}")
    for name in manifest.classes or ():
        share = sum(each.shares[name] for each in manifest.records if each.shares) / len(manifest.records)
        print(f"  class {name}: {share:.1%}")


def preview(count: int) -> None:
    """Pairs from all over the training set, input beside target."""
    examples = records.load(RECORDS, "train")
    count = min(count, len(examples))
    rows = [list(examples[number * len(examples) // count].values()) for number in range(count)]
    with files.whole(Path("data/preview.png")) as path:
        pictures.save_png(path, pictures.grid(rows))


if __name__ == "__main__":
    stage.run(main, PARAMS)
