"""Where the code of a run came from: the commit of git, and the DVC experiment."""

import os
import subprocess
from typing import Any

from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

from pix2pix.base.files import CHECKOUT
from pix2pix.base.secrets import hidden


def provenance() -> dict[str, Any]:
    """Where the code came from: `commit`, and whether it is `dirty` (uncommitted changes); both None outside git.

    `dvc.lock` does not count: DVC is writing it while the stages run. A copy of the code (`workspace.py`) names the
    checkout it was made from in `PIX2PIX_CHECKOUT`, and the `command` that makes it again in `PIX2PIX_COMMAND`.
    """
    commit = _git("rev-parse", "HEAD") or None
    return {
        "commit": commit,
        "dirty": bool(_git("status", "--porcelain", "--", ".", ":(exclude)dvc.lock")) if commit else None,
        "command": hidden(os.environ.get("PIX2PIX_COMMAND", "dvc repro")),
    }


def provenance_tags() -> dict[str, Any]:
    """The same as tags of a run, with the DVC experiment if it is one."""
    code = provenance()
    tags = {MLFLOW_GIT_COMMIT: code["commit"], "git_dirty": code["dirty"]} if code["commit"] else {}
    experiment = os.environ.get("DVC_EXP_NAME")
    return {**tags, "dvc_experiment": experiment} if experiment else tags


def _git(*words: str) -> str:
    try:
        answer = subprocess.run(
            ["git", *words],
            cwd=os.environ.get("PIX2PIX_CHECKOUT", CHECKOUT),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""
