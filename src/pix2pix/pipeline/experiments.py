"""DVC experiments in a clone of the checkout. The checkout itself is only read, so a person can go on working there.

The clone is made anew at every start. Finished stages come out of DVC's run cache, which it shares with the checkout,
and a killed training resumes from its checkpoint, which lies in the checkout's home.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from pix2pix import params
from pix2pix.base.errors import UserError, one_line
from pix2pix.base.files import CHECKOUT, remove, whole, write_text
from pix2pix.pipeline import child, workspace

# The code that has to be committed before an experiment. params.yaml need not be committed.
CODE = (*workspace.CODE, ".dvc")
# The files of an experiment that are kept: enough to read and to compare it.
RESULTS = (
    "params.yaml",
    "metrics",
    "reports",
    "models/generator/about.json",
    "models/segmenter/about.json",
    "data/records/manifest.json",
)
# How long to wait for the stage of a killed command: it saves and ends.
PATIENCE_S = 60


def check_commit() -> None:
    """Check that the code is committed.

    Raises:
        UserError: the code is not committed, or there is no git.
    """
    try:
        top = _git("rev-parse", "--show-toplevel", "HEAD").splitlines()[0]
    except (UserError, FileNotFoundError):
        top = ""
    if not top or Path(top).resolve() != CHECKOUT:
        raise UserError(
            f"{CHECKOUT}: not a git repository with a commit, which DVC needs for experiments: `git init && git add "
            "--all && git commit --message code`"
        )
    changed = _git("status", "--porcelain", "--untracked-files=all", "--", *CODE)
    if changed:
        names = ", ".join(line[3:] for line in changed.splitlines())
        raise UserError(f"{names}: not committed, but an experiment needs a commit; commit the code first")


def clone(folder: Path) -> None:
    """Clone the checkout's commit into `folder`, in place of an earlier clone; DVC's cache is shared.

    Raises:
        UserError: DVC or a stage of a command that was killed is still running there. Other programs, such as a shell,
            are not waited for.
    """
    found = psutil.process_iter(["cwd", "cmdline"])
    there = [process for process in found if _is_in(process.info["cwd"], folder) and _work(process)]
    _, alive = psutil.wait_procs(there, timeout=PATIENCE_S)
    if alive:
        names = ", ".join(f"process {process.pid} ({_work(process)})" for process in alive)
        raise UserError(f"{folder}: an earlier start still runs there, {names}; stop it first")
    remove(folder)
    _git("clone", "--quiet", "--shared", str(CHECKOUT), str(folder))
    write_text(folder / ".dvc/config.local", f"[cache]\n    dir = {_run('dvc', 'cache', 'dir', cwd=CHECKOUT)}\n")


def whereabouts(content: dict[str, Any]) -> dict[str, str]:
    """Return the values, by path, that a clone needs: paths into the checkout, and no other models to score."""
    return workspace.absolute(content) | {"evaluate.beside": params.Params().evaluate.beside}


def run(folder: Path, name: str, text: str, changes: Mapping[str, Any], again: str, **variables: str) -> bool:
    """Run an experiment in the clone and bring its commit to the checkout, in place of an earlier one of that name.

    Args:
        folder: the clone; DVC reuses the outputs of the last experiment where nothing changed.
        name: the experiment's name.
        text: the text of the parameters file.
        changes: the values to set there, by path.
        again: the command line that resumes this after a stop.
        variables: more variables of the environment.

    Returns:
        Whether it succeeded; the reason of a failure is on stderr.

    Raises:
        StoppedError: a signal asked this process to stop.
    """
    write_text(folder / "params.yaml", text)
    settings = [word for path, value in changes.items() for word in ("-S", f"{path}={_hydra(value)}")]
    reproduce = shlex.join(["dvc", "exp", "run", "--temp", *settings])
    environment = workspace.environment(PIX2PIX_COMMAND=reproduce, **variables)
    command = [sys.executable, "-m", "dvc", "exp", "run", "--name", name, *settings]
    status = child.status(command, folder, environment, again)
    if status:
        return False
    _run("dvc", "exp", "push", "--no-cache", "--force", "origin", name, cwd=folder)
    return True


def keep(folder: Path, target: Path) -> None:
    """Copy the results of the experiment out of the clone, because the next experiment replaces them."""
    with whole(target) as temporary:
        for name in RESULTS:
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            if (folder / name).is_dir():
                shutil.copytree(folder / name, temporary / name)
            else:
                shutil.copy2(folder / name, temporary / name)


def _hydra(value: Any) -> str:
    """Write a value as `dvc exp run -S` reads it (Hydra's override grammar)."""
    if not isinstance(value, str):
        return json.dumps(value)
    if re.fullmatch(r"[A-Za-z_][\w+./-]*", value):
        return value
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def _git(*words: str) -> str:
    return _run("git", *words, cwd=CHECKOUT)


def _run(*words: str, cwd: Path) -> str:
    """Run a command, and return its stdout.

    Raises:
        UserError: the command failed.
    """
    command = [sys.executable, "-m", *words] if words[0] == "dvc" else words
    around = workspace.environment(PYTHONIOENCODING="utf-8")
    done = subprocess.run(
        command, cwd=cwd, env=around, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        raise UserError(f"`{shlex.join(words)}` in {cwd} failed: {one_line(done.stderr)}")
    return done.stdout.rstrip("\n")


def _work(process: psutil.Process) -> str | None:
    """Return the script of a stage that a process of Python runs, or `dvc`; None if it runs something else."""
    program, *words = process.info["cmdline"] or [""]
    if not Path(program).name.startswith("python"):
        return None
    return next((word for word in words if Path(word).name == "dvc" or word.startswith("stages/")), None)


def _is_in(cwd: str | None, folder: Path) -> bool:
    return cwd is not None and Path(cwd).is_relative_to(folder)
