"""Turn the archive in `data/raw/` into `data/records/` (TFRecords, their manifest) and `data/preview.png`."""

import os
import sys

sys.path.insert(0, os.path.realpath(f"{__file__}/../../src"))  # this checkout's code, whatever is installed

from pix2pix.base import program

program.begin()

import time
from pathlib import Path

from pix2pix.base import framework
from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin("data", "prepare")
framework.import_tensorflow()

from pix2pix.data import preview, recorder

RECORDS = Path("data/records")


def main(params: Params) -> None:
    """Write the records, describe them, and draw a preview of the training pairs."""
    began = time.perf_counter()
    manifest = recorder.write(Path("data/raw"), params.data, params.prepare, RECORDS)
    print(preview.described(params.data, manifest, time.perf_counter() - began))
    preview.draw(RECORDS, params.prepare.preview_pairs, Path("data/preview.png"))


if __name__ == "__main__":
    stage.run(main, PARAMS)
