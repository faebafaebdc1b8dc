"""`code.json`, which lists the code of each stage. `check` writes it; for DVC it is a parameter of other stages."""

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
    """Return `model.system`, by which a stage loads its system; None for a stage without the section `model`."""
    return chosen.model.system if hasattr(chosen, "model") else None


def of_stage(stage: str, chosen: Params) -> dict[str, str]:
    """Return the `code.hashes` of the files that a stage uses, by their paths.

    Args:
        stage: the name of the stage, whose script is `stages/<stage>.py`. `check` uses the code of all stages.
        chosen: the parameters of the stage.
    """
    return code.hashes(_used_by(stage, chosen))


def of_pipeline(chosen: Params) -> dict[str, Any]:
    """Return the contents of `code.json`.

    Every stage except `check` has the `code.digest` of its files, a value that dvc.yaml can name. Below `files`, every
    stage has its `of_stage`, so that `dvc params diff --targets code.json` shows which file was edited.
    """
    scripts = sorted(CHECKOUT.glob("stages/*.py"))
    used = {path.stem: _used_by(path.stem, chosen) for path in scripts if path.stem != _WRITER}
    digests = {stage: code.digest(files) for stage, files in used.items()}
    return {**digests, "files": {stage: code.hashes(files) for stage, files in used.items()}}


def edited(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the files whose hashes differ, or that only one of the two has."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def expect_noted(stage: str, now: Mapping[str, str]) -> None:
    """Check that the code of a stage is the code in `code.json`.

    Otherwise DVC would take the outputs for those of the noted code.

    Args:
        stage: the name of the stage; `check`, which writes `code.json`, is not checked.
        now: the `of_stage` of the stage.

    Raises:
        UserError: the two differ, or `code.json` cannot be read.
    """
    if stage == _WRITER:
        return
    try:
        noted = dict(read_json(CHECKOUT / NOTED)["files"][stage])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise UserError(f"{NOTED}: missing or damaged; `dvc repro {_WRITER}` writes it") from None
    if names := edited(noted, now):
        raise UserError(f"{first_names(names)}: edited since {NOTED} was written; run `dvc repro {_WRITER}` first")


def _used_by(stage: str, chosen: Params) -> frozenset[Path]:
    scripts = CHECKOUT.glob("stages/*.py") if stage == _WRITER else [CHECKOUT / f"stages/{stage}.py"]
    return code.closure(*scripts, system=system(chosen))
