"""How a stage script runs: in the checkout's root, with checked parameters, and with each error in one line."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pix2pix import params
from pix2pix.base.errors import ParamsError, UserError, advised, giving_up
from pix2pix.base.files import CHECKOUT, probe
from pix2pix.pipeline import identity, stopping

# The names of TensorFlow's errors for a full disk, an unwritable folder, a file that may not grow (`ulimit -f`), and a
# batch that does not fit into memory.
_MENDABLE = {
    "FailedPreconditionError",
    "NotFoundError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "UnknownError",
}
# What a stage in dvc.yaml calls its outputs.
OUTPUTS = ("outs", "metrics")
# The SHA-256 of each file that the stage uses, without comments, from when the stage began.
_code: dict[str, str] = {}


def begin(*sections: str) -> params.Params:
    """Go to the checkout's root, check the stage's sections of `params.yaml`, and check that `code.json` is up to date.

    A script calls this before its other imports. So an error in the parameters, or a folder in which an output cannot
    be written, shows at once and not after the seconds that TensorFlow needs to import. From now on the stage ends when
    the `dvc` that runs it ends.

    Args:
        sections: the sections that the stage needs, `seed` among them; the returned parameters have only these. Without
            any, the whole file is checked, together with the rules between two sections.

    Returns:
        The checked parameters. An error ends the process with one line on stderr and exit status 1.
    """
    os.chdir(CHECKOUT)
    stopping.end_with_dvc()
    with giving_up():
        if len(sys.argv) > 1:
            raise ParamsError(
                f"{' '.join(sys.argv[1:])}: a stage takes no arguments, its parameters stand in params.yaml; "
                "`mlflow run . -P …` without -e takes them"
            )
        checked = params.load(Path("params.yaml"), *sections)
        _code.update(identity.of_stage(_name(), checked))
        identity.expect_noted(_name(), _code)
        _try_outputs()
    return checked


def run(main: Callable[[params.Params], None], checked: params.Params) -> None:
    """Call `main` with the checked parameters.

    An error that a person can mend becomes one line on stderr and an exit status. A `UserError` has a status of its
    own. A file, disk or memory that fails gives 1, also if TensorFlow reports it. A signal gives 128 plus its number,
    as in a shell.
    """
    try:
        with giving_up(), stopping.raised_signals():
            main(checked)
            _refuse_edits(checked)
    except Exception as error:
        if not _is_mendable(error):
            raise
        sys.exit(f"error: TensorFlow: {advised(_plain(str(error))[:300])}")
    except stopping.Stopped as stopped:
        print(f"stopped by {stopped.signal.name}; `dvc repro` resumes this stage", file=sys.stderr)
        sys.exit(128 + stopped.signal)


def _is_mendable(error: Exception) -> bool:
    # A bug in a function that TensorFlow calls is also raised under one of these names, with its traceback as text.
    # The end of a data set has the name of a file that grew too large.
    name, words = type(error).__name__, str(error)
    return name in _MENDABLE and "Traceback" not in words and (name != "OutOfRangeError" or "File too large" in words)


def _try_outputs() -> None:
    """Write a little in every folder that an output of this stage belongs to, so that no work is done in vain."""
    described = _described()
    outputs = [Path(out) for key in OUTPUTS for out in described.get(key, [])]
    for path in {path.parent: path for path in outputs}.values():
        probe(path)


def _described() -> dict[str, Any]:
    """Return what dvc.yaml says of this stage; of a script that it does not name, nothing."""
    text = Path(CHECKOUT, "dvc.yaml").read_text(encoding="utf-8")
    return YAML(typ="safe", pure=True).load(text)["stages"].get(_name(), {})


def _refuse_edits(checked: params.Params) -> None:
    """Raise `UserError` if the stage's parameters or code were edited while it ran.

    DVC reads them after the stage has ended, and would record the new ones for outputs that the old ones made.
    """
    if not _code:
        return  # `begin` was not called, so this process is no stage
    names = identity.edited(_code, identity.of_stage(_name(), checked))
    now = params.load(CHECKOUT / "params.yaml", *type(checked).model_fields)
    for name in _described().get("params", []):
        if isinstance(name, str) and _values(now, name) != _values(checked, name):
            names.append(f"{name} in params.yaml")
    if names:
        raise UserError(
            f"edited while this stage ran: {', '.join(names)}. Its outputs belong to the state before the edit. "
            "`dvc repro` makes them anew; or undo the edit, then a finished training is used again"
        )


def _name() -> str:
    """Return the name of the stage that this process runs."""
    return Path(sys.argv[0]).stem


def _values(whole: params.Params, name: str) -> dict[str, Any]:
    return {path: value for path, value in whole.flat().items() if path == name or path.startswith(f"{name}.")}


def _plain(words: str) -> str:
    """Return TensorFlow's message on one line, without names of operations and of temporary files."""
    words = re.sub(r"\{\{.*?\}\}|\[Op:\w+\]", "", " ".join(words.split()))
    return re.sub(r"/\.([^/\s]+)\.\d+\.part[^\s;]*", r"/\1", words).replace("; ", ": ").strip()
