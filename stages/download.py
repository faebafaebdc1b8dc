"""Copy the archive that `data` names to `data/raw/`, as `archive` with its description `source.json`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin("data", "download", "prepare")

from pix2pix.data import download

RAW = Path("data/raw")


def main(params: Params) -> None:
    """Fetch, and say what came."""
    source = download.fetch(params.data, params.prepare, params.download.timeout_s, RAW)
    download.refuse_other(params.data, RAW, Path("dvc.lock"))
    print(f"{source['dataset']} from {source['address']}: {source['bytes']:,} bytes, sha256 {source['sha256']}")


if __name__ == "__main__":
    stage.run(main, PARAMS)
