"""Where the code of a run came from: the commit of git, and the DVC experiment."""

import os
import subprocess
from typing import Any

from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

from pix2pix.base.files import CHECKOUT
from pix2pix.base.secrets import hidden


def provenance() -> dict[str, Any]:
    """Return the `commit` of the code, and whether it is `dirty` (has uncommitted changes); both None outside git.

    Changes of `dvc.lock` do not count, because DVC writes it while the stages run. In a copy of the code
    (`workspace.py`), `PIX2PIX_CHECKOUT` names the original checkout, and `PIX2PIX_COMMAND` the command that made it.
    """
    commit = _git("rev-parse", "HEAD") or None
    return {
        "commit": commit,
        "dirty": bool(_git("status", "--porcelain", "--", ".", ":(exclude)dvc.lock")) if commit else None,
        "command": hidden(os.environ.get("PIX2PIX_COMMAND", "dvc repro")),
    }


def provenance_tags() -> dict[str, Any]:
    """Return the provenance as tags of a run, with the name of the DVC experiment if there is one."""
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
