"""The choice of the checkout whose code a command runs: the checkout that a person is in, as for stages.

Several checkouts can share one environment, in which only one of them is installed.
"""

import os
import sys
from pathlib import Path

PACKAGE = Path("src/pix2pix")
OWN = Path(__file__).resolve().parents[1]


def enter() -> None:
    """Start Python anew with the code of the checkout around the current folder, unless this is that code already."""
    source = surrounding(Path.cwd())
    if source is None or source / "pix2pix" == OWN or _is_first(source):
        return
    paths = filter(None, (str(source), os.environ.get("PYTHONPATH")))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    os.execve(sys.executable, [sys.executable, "-m", "pix2pix", *sys.argv[1:]], environment)


def surrounding(folder: Path) -> Path | None:
    """Return the folder `src` of the checkout that `folder` lies in; None outside of all checkouts."""
    for root in (folder, *folder.parents):
        if (root / "dvc.yaml").is_file() and (root / PACKAGE / "__main__.py").is_file():
            return (root / PACKAGE).resolve().parent
    return None


def _is_first(source: Path) -> bool:
    """Whether Python already prefers this code, so that a new start would change nothing and never end."""
    return os.environ.get("PYTHONPATH", "").split(os.pathsep)[0] == str(source)
