"""Two or more runs on one page, side by side on the same pictures."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pix2pix.base.errors import DataError, one_line
from pix2pix.base.files import CHECKOUT, write_text
from pix2pix.reports import comparison

WORKSPACE = "workspace"
PAGE = CHECKOUT / "reports/compare.html"
# The outputs that the page needs.
FILES = ("params.yaml", "dvc.lock", "metrics", "reports", "models/generator/about.json", "data/records/manifest.json")


def compare(names: list[str]) -> Path:
    """Write the page of these runs, and return its path.

    Args:
        names: `workspace` for the outputs in this checkout, the folder of another workspace, or a revision that DVC
            knows: an experiment, a branch or a commit. The others are compared with the first.

    Raises:
        UserError: there is no such run, or the runs cannot be compared.
    """
    with tempfile.TemporaryDirectory() as scratch:
        runs = {name: locate(name, Path(scratch) / str(number)) for number, name in enumerate(names)}
        try:
            write_text(PAGE, comparison.page(runs))
        except DataError as error:  # DVC has the files of a revision, and the copies here end with this command
            raise DataError(re.sub(rf"{re.escape(scratch)}/\d+/", "", str(error))) from None
    return PAGE


def locate(name: str, scratch: Path) -> Path:
    """Return the folder with a run's files: the checkout, the named folder, or `scratch` with files from DVC.

    Raises:
        DataError: there is no such run.
    """
    if name == WORKSPACE:
        return CHECKOUT
    if Path(name).is_dir():
        return Path(name)
    for path in FILES:
        _fetch(name, path, scratch / path)
    return scratch


def _fetch(revision: str, path: str, target: Path) -> None:
    """Get a file or folder of a revision from DVC."""
    target.parent.mkdir(parents=True, exist_ok=True)
    words = ["get", str(CHECKOUT), path, "--rev", revision, "--out", str(target)]
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words], capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if line.startswith("ERROR: ")), done.stderr)
        raise DataError(
            f"{revision}: not a folder, and DVC has no run of that name: {one_line(said.removeprefix('ERROR: '))}"
        )
