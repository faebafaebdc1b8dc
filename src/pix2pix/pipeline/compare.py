"""Put two or more runs on one page, side by side on the same images: `reports/compare.html`.

    python -m pix2pix.pipeline.compare RUN RUN ...

`make compare RUNS="RUN RUN"` uses it. A run is `workspace` or `.`, what lies in this checkout; the folder of another
workspace; or a revision as DVC knows it, an experiment, a branch or a commit, whose outputs it has in its cache.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from pix2pix.base.errors import DataError, UserError, one_line
from pix2pix.base.files import CHECKOUT, write_text
from pix2pix.pipeline import stage
from pix2pix.reports import comparison

WORKSPACE = "workspace"
PAGE = CHECKOUT / "reports/compare.html"
# What the page is made from.
FILES = ("params.yaml", "dvc.lock", "metrics", "reports", "models/generator/about.json", "data/records/manifest.json")


def main() -> None:
    """Parse the command line, find the runs, write the page, say where it is."""
    parser = argparse.ArgumentParser(
        prog="python -m pix2pix.pipeline.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="+", metavar="RUN")
    try:
        names = [WORKSPACE if name == "." else name for name in parser.parse_args().runs]
        compare(list(dict.fromkeys(names)))
    except UserError as error:
        stage.give_up(error)
    except OSError as error:
        stage.give_up(UserError(f"{error.filename}: {error.strerror}"))


def compare(names: list[str]) -> None:
    """Write the page of these runs; the first one is what the others are seen against.

    Raises:
        UserError: one is not to be had, or they cannot be compared.
    """
    with tempfile.TemporaryDirectory() as scratch:
        runs = {name: locate(name, Path(scratch) / str(number)) for number, name in enumerate(names)}
        write_text(PAGE, comparison.page(runs))
    print(f"{PAGE}: {PAGE.stat().st_size / 1e6:.1f} MB; open it in a browser")


def locate(name: str, scratch: Path) -> Path:
    """The folder with a run's files: the checkout, the named one, or `scratch` with what DVC has of a revision.

    Raises:
        DataError: there is no such run.
    """
    if name == WORKSPACE:
        return CHECKOUT
    if Path(name).is_dir():
        return Path(name)
    for path in FILES:
        (scratch / path).parent.mkdir(parents=True, exist_ok=True)
        words = ["get", str(CHECKOUT), path, "--rev", name, "--out", str(scratch / path)]
        done = subprocess.run([sys.executable, "-m", "dvc", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            said = next((line for line in done.stderr.splitlines() if line.startswith("ERROR: ")), done.stderr)
            raise DataError(
                f"{name}: no folder, and DVC has no run of that name: {one_line(said.removeprefix('ERROR: '))}"
            )
    return scratch


if __name__ == "__main__":
    main()
