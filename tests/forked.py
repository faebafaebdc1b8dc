"""Stage scripts in forks of one process that has imported TensorFlow: seconds saved with each of many runs.

Started as `python forked.py`; a line of JSON on stdin, `{"words", "folder", "out", "err", "environment"}`, runs a
script there as `python WORDS…` would. The answer is a line with the process's number at its start, and one with its
exit status. What is imported beforehand is other people's code: the project's own comes from the script's checkout, and
nothing has run an operation.
"""

import atexit
import json
import os
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn, Self

# As `quiet` sets them; TensorFlow reads them as it is imported.
os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
SLOW = (
    "jinja2 matplotlib.ticker mlflow mlflow.pyfunc mlflow.store.tracking.sqlalchemy_store pandas pooch pydantic "
    "ruamel.yaml skimage.metrics tensorflow keras"
)


class Forks:
    """The other side: a server, asked for one run at a time; a context manager."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        """Scripts run in `folder`; what they print goes to files beside it."""
        self._folder, self._environment = folder, environment
        command = [sys.executable, __file__]
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._answer() == "ready"

    def start(self, *words: str, **environment: str) -> int:
        """Start `python WORDS…`; gives the process's number."""
        asked = {"words": words, "folder": str(self._folder), "environment": self._environment | environment}
        asked |= {"out": f"{self._folder}.out", "err": f"{self._folder}.err"}
        print(json.dumps(asked), file=self._server.stdin, flush=True)
        return int(self._answer())

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end: its exit status (-9: killed), and what it printed to stdout and stderr."""
        status = int(self._answer())
        return status, *(Path(f"{self._folder}.{name}").read_text(errors="replace") for name in ("out", "err"))

    def _answer(self) -> str:
        assert self._server.stdout
        return self._server.stdout.readline().rstrip("\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait()


def serve() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(json.loads(line))
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(asked: dict[str, Any]) -> NoReturn:
    """Take the place of a process that has just been started, and end as Python does, less the tidying up."""
    for number, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = asked["words"]
    status = 0
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    for name in SLOW.split():
        __import__(name)
    print("ready", flush=True)
    serve()
