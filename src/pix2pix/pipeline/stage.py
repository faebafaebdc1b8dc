"""How a stage script runs: from the checkout's root, with checked parameters, its errors as one line."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pix2pix import params
from pix2pix.base.errors import ParamsError, UserError, give_up, of_system
from pix2pix.base.files import CHECKOUT
from pix2pix.pipeline import identity, stopping

# TensorFlow's names for a full disk, a folder that cannot be written, and a batch that does not fit into memory.
_MENDABLE = {
    "FailedPreconditionError",
    "NotFoundError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "UnknownError",
}
# The code that the stage uses as it was when the stage began: SHA-256 by file, without comments.
_code: dict[str, str] = {}


def begin(*sections: str) -> params.Params:
    """Go to the checkout's root, check what the stage needs of `params.yaml`, and see that `code.json` is of this code.

    A script calls it before its other imports: what is wrong with the parameters is said at once, not after the
    seconds that TensorFlow takes to import. From here on the stage ends with the `dvc` that runs it.

    Args:
        sections: those the stage needs, `seed` among them; the parameters it gets have just these attributes. Without
            any: the whole file, with all that has to fit between two sections.
    """
    os.chdir(CHECKOUT)
    stopping.end_quietly()
    stopping.end_with_dvc()
    try:
        if len(sys.argv) > 1:
            raise ParamsError(
                f"{' '.join(sys.argv[1:])}: a stage takes no arguments, its parameters stand in params.yaml; "
                "`mlflow run . -P …` without -e takes them"
            )
        checked = params.load(Path("params.yaml"), *sections)
        _code.update(identity.of_stage(_name(), checked))
        identity.expect_noted(_name(), _code)
        return checked
    except UserError as error:
        give_up(error)


def run(main: Callable[[params.Params], None], checked: params.Params) -> None:
    """Call `main` with the checked parameters.

    What a person can mend becomes one line on stderr and an exit status: a `UserError` its own; a file, disk or memory
    that fails 1, also when it is TensorFlow that meets it; a signal 128 and its number, as in a shell.
    """
    try:
        stopping.raise_signals()
        main(checked)
        _refuse_edits(checked)
    except UserError as error:
        give_up(error)
    except OSError as error:
        give_up(of_system(error))
    except Exception as error:
        # An error of our own, in a function that TensorFlow calls, comes back under one of these names, too.
        if type(error).__name__ not in _MENDABLE or "Traceback" in str(error):
            raise
        sys.exit(f"error: TensorFlow: {_plain(str(error))[:300]}")
    except stopping.Stopped as stopped:
        print(f"stopped by {stopped.signal.name}; `dvc repro` goes on with this stage", file=sys.stderr)
        sys.exit(128 + stopped.signal)


def _refuse_edits(checked: params.Params) -> None:
    """Refuse to end well if the stage's parameters or code were edited meanwhile.

    DVC looks at them when a stage has ended, and would write down that what the old ones made is of the new ones.
    """
    if not _code:
        return  # no script: nothing was begun
    names = identity.edited(_code, identity.of_stage(_name(), checked))
    stages = YAML(typ="safe", pure=True).load(Path(CHECKOUT, "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    now = params.load(CHECKOUT / "params.yaml", *type(checked).model_fields)
    for name in stages.get(_name(), {}).get("params", []):
        if isinstance(name, str) and _values(now, name) != _values(checked, name):
            names.append(f"{name} in params.yaml")
    if names:
        raise UserError(
            f"edited while this stage ran: {', '.join(names)}. What it made belongs to what was there before; `dvc "
            "repro` makes it anew, or change back: a training that is finished is not done again"
        )


def _name() -> str:
    """The stage that this process runs."""
    return Path(sys.argv[0]).stem


def _values(whole: params.Params, name: str) -> dict[str, Any]:
    return {path: value for path, value in whole.flat().items() if path == name or path.startswith(f"{name}.")}


def _plain(words: str) -> str:
    """TensorFlow's words on one line, less the names of its operations and of files that are still being written."""
    words = re.sub(r"\{\{.*?\}\}|\[Op:\w+\]", "", " ".join(words.split()))
    return re.sub(r"/\.([^/\s]+)\.\d+\.part[^\s;]*", r"/\1", words).replace("; ", ": ").strip()
