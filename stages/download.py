"""Copy the archive that `data` names to `data/raw/`, as `archive` with its description `source.json`."""

import os
import sys

sys.path.insert(0, os.path.realpath(f"{__file__}/../../src"))  # this checkout's code, whatever is installed

from pix2pix.base import program

program.begin()

from pathlib import Path

from pix2pix.params import Params, names
from pix2pix.pipeline import stage

PARAMS = stage.begin("data", "download", "prepare")

from pix2pix.data import download

RAW = Path("data/raw")


def main(params: Params) -> None:
    """Fetch, and say what came."""
    source = download.fetch(params.data, params.prepare, params.download.timeout_s, RAW)
    download.refuse_other(params.data, RAW, Path("dvc.lock"))
    name, size = names.data_set(params.data), f"{source['bytes']:,} bytes"
    print(f"{name} from {source['address']}: {size}, sha256 {source['sha256']}")


if __name__ == "__main__":
    stage.run(main, PARAMS)
