"""`code.json`: which code each stage uses. `check` writes it, and DVC reads it as a parameter of the other stages."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pix2pix.base import code
from pix2pix.base.errors import UserError, first_names
from pix2pix.base.files import CHECKOUT, read_json
from pix2pix.params import Params

NOTED = Path("code.json")
_WRITER = "check"


def system(chosen: Params) -> str | None:
    """`model.system`, by which a stage loads its system; None for a stage that has no section `model`."""
    return chosen.model.system if hasattr(chosen, "model") else None


def of_stage(stage: str, chosen: Params) -> dict[str, str]:
    """The `code.hashes` of the files that a stage uses, by their path.

    Args:
        stage: its name; `stages/<stage>.py` is its script. `check` looks at the code of all stages.
        chosen: the parameters of the stage.
    """
    return code.hashes(_used_by(stage, chosen))


def of_pipeline(chosen: Params) -> dict[str, Any]:
    """What `code.json` says.

    For every stage but `check` the `code.digest` of the files that it uses: a value that dvc.yaml can name. Then, below
    `files`, what `of_stage` says of each: `dvc params diff --targets code.json` tells from it which file was edited.
    """
    scripts = sorted(CHECKOUT.glob("stages/*.py"))
    used = {path.stem: _used_by(path.stem, chosen) for path in scripts if path.stem != _WRITER}
    digests = {stage: code.digest(files) for stage, files in used.items()}
    return {**digests, "files": {stage: code.hashes(files) for stage, files in used.items()}}


def edited(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The files whose hashes differ, or that only one of the two has."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def expect_noted(stage: str, now: Mapping[str, str]) -> None:
    """Refuse to run a stage whose code is not the one that `code.json` notes.

    DVC would take its outputs for those of the noted code.

    Args:
        stage: its name; of `check`, which writes `code.json`, nothing is expected.
        now: what `of_stage` says of it.

    Raises:
        UserError: the two differ, or `code.json` cannot be read.
    """
    if stage == _WRITER:
        return
    try:
        noted = dict(read_json(CHECKOUT / NOTED)["files"][stage])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise UserError(f"{NOTED}: absent or damaged; `dvc repro {_WRITER}` writes it") from None
    if names := edited(noted, now):
        raise UserError(f"{first_names(names)}: edited since {NOTED} was written; run `dvc repro {_WRITER}` first")


def _used_by(stage: str, chosen: Params) -> frozenset[Path]:
    scripts = CHECKOUT.glob("stages/*.py") if stage == _WRITER else [CHECKOUT / f"stages/{stage}.py"]
    return code.closure(*scripts, system=system(chosen))
