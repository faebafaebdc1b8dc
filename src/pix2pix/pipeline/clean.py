"""Remove checkpoints: of one run, or of all.

    python -m pix2pix.pipeline.clean [FINGERPRINT ...]

`make clean-checkpoints` uses it. Such a run is trained anew when it is asked for again.
"""

import sys

from filelock import FileLock, Timeout

from pix2pix.base.errors import UserError
from pix2pix.base.files import discard, sweep
from pix2pix.pipeline import stage
from pix2pix.training import run_folder


def clean(names: list[str]) -> None:
    """Remove the folders of these runs, of all runs if none is named, and say how much space that gave.

    Raises:
        UserError: there is no such run, or it is being trained; then nothing more is removed.
    """
    sweep(run_folder.checkpoints())
    here = {path.name: path for path in sorted(run_folder.checkpoints().glob("[!.]*/"))}
    unknown = [name for name in names if name not in here]
    if unknown:
        raise UserError(f"{', '.join(unknown)}: no such run in {run_folder.checkpoints()}; there: {', '.join(here)}")
    for name in names or here:
        folder = here[name]
        try:
            with FileLock(folder / ".lock", blocking=False):
                size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
                discard(folder)
        except Timeout:
            raise UserError(f"{folder}: {run_folder.trainer(folder)} is training this run; stop it first") from None
        print(f"removed {folder}, {size / 1e9:.2f} GB")


if __name__ == "__main__":
    try:
        clean(sys.argv[1:])
    except UserError as error:
        stage.give_up(error)
    except OSError as error:
        stage.give_up(UserError(f"{error.filename}: {error.strerror}"))
