"""Stage scripts in forks of one process that has imported TensorFlow: seconds saved with each of many runs.

Started as `python forked.py SOCKET`. Whoever connects to the socket sends a line of JSON, `{"words", "folder",
"environment"}`, with three open files, and a script runs there as `python WORDS…` would, with the files as its stdin,
stdout and stderr. The answers are a line with the process's number at its start, and one with its exit status. What is
imported beforehand is other people's code: the project's own comes from the script's checkout, and nothing has run an
operation.
"""

import ast
import atexit
import gc
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, Self

import newest_schema
import sqlalchemy.orm

# As `framework` and `environment` set them; TensorFlow and Keras read them as they are imported.
os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1", "KERAS_HOME": os.devnull}
SLOW = (
    "jinja2 matplotlib.ticker mlflow mlflow.pyfunc mlflow.store.tracking.sqlalchemy_store pandas pooch pydantic "
    "ruamel.yaml skimage.metrics tensorflow keras"
)
# A `python` for commands that start stages themselves, such as `dvc repro`: it has a stage forked, and hands all else
# to the real one. A signal goes to the fork, and the fork dies with it. A module, as `python -m pix2pix ablation`,
# takes this `python` for its own, so what it starts comes here, too.
SHIM = """#!{python} -IS
import json, os, signal, socket, sys
if sys.argv[1:2] == ["-m"]:
    os.execv({python!r}, [{python!r}, "-c", {module!r}, *sys.argv[2:]])
if not sys.argv[1:] or not sys.argv[1].startswith("stages/"):
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
asked = {{"words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}}
socket.send_fds(server, [json.dumps(asked).encode() + b"\\n"], [0, 1, 2])
answers = server.makefile()
number = int(answers.readline())
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, lambda which, _: os.kill(number, which))
status = int(answers.readline())
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
sys.exit(status)
"""
MODULE = """
import runpy, sys
sys.executable = {shim!r}
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


class Forks:
    """One run at a time in a folder, by a script's name; a context manager."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        """Scripts run in `folder`; what they print goes to files beside it."""
        self._folder, self._environment = folder, environment
        self._address = address()
        self._running: socket.socket | None = None

    def start(self, *words: str, **environment: str) -> int:
        """Start `python WORDS…`; gives the process's number."""
        asked = {"words": words, "folder": str(self._folder), "environment": self._environment | environment}
        self._close()
        self._running = socket.socket(socket.AF_UNIX)
        self._running.connect(self._address)
        with (
            Path(os.devnull).open() as nothing,
            Path(f"{self._folder}.out").open("w") as out,
            Path(f"{self._folder}.err").open("w") as err,
        ):
            files = [nothing.fileno(), out.fileno(), err.fileno()]
            socket.send_fds(self._running, [json.dumps(asked).encode() + b"\n"], files)
        self._answers = self._running.makefile()
        return int(self._answers.readline())

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end: its exit status (-9: killed), and what it printed to stdout and stderr."""
        status = int(self._answers.readline())
        return status, *(Path(f"{self._folder}.{name}").read_text(errors="replace") for name in ("out", "err"))

    def _close(self) -> None:
        if self._running:
            self._answers.close()
            self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()


@cache
def address() -> str:
    """The socket of this test process's server, which ends with it."""
    folder = tempfile.mkdtemp(prefix="forked-")
    server = subprocess.Popen(
        [sys.executable, __file__, f"{folder}/socket"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout and server.stdout.readline() == "ready\n"
    return f"{folder}/socket"


@cache
def shim() -> str:
    """A folder for the front of PATH, with a `python` that has stages forked."""
    folder = Path(address()).parent / "bin"
    folder.mkdir()
    shim = folder / "python"
    module = MODULE.format(shim=str(shim))
    shim.write_text(SHIM.format(python=sys.executable, address=address(), module=module), encoding="utf-8")
    shim.chmod(0o755)
    return str(folder)


def parse_beforehand() -> None:
    """Have the project's files parsed once, not by each stage, which reads them for the identity of its code.

    A checkout with another text is parsed as always.
    """
    parse, source = ast.parse, Path(__file__).resolve().parents[1]
    texts = [path.read_text(encoding="utf-8") for name in ("src", "stages") for path in source.glob(f"{name}/**/*.py")]
    trees = {text: parse(text) for text in texts}
    ast.parse = lambda text, *how, **more: (isinstance(text, str) and trees.get(text)) or parse(text, *how, **more)


def serve(listening: socket.socket) -> None:
    """Answer requests, each in a process of its own, until standard input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([sys.stdin, listening], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listening.accept()
        if not os.fork():
            listening.close()
            answer(connection)
        connection.close()


def answer(connection: socket.socket) -> NoReturn:
    """Run what is asked for, and tell how it ended; it is killed if nobody waits for it any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    text, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not text.endswith(b"\n"):
        text += connection.recv(1 << 20)
    child = os.fork()
    if not child:
        connection.close()
        run(json.loads(text), files)
    for file in files:
        os.close(file)
    connection.sendall(f"{child}\n".encode())
    ended = os.pidfd_open(child)
    ready, _, _ = select.select([ended, connection], [], [])
    if ended not in ready:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def run(asked: dict[str, Any], files: list[int]) -> NoReturn:
    """Take the place of a process that has just been started, and end as Python does, less the tidying up."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    # The streams of the server know whether its own files can be sought in.
    sys.stdout, sys.stderr = (os.fdopen(number, "w", 1, "utf-8", closefd=False) for number in (1, 2))
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
        sys.excepthook(*sys.exc_info())
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(sys.argv[1])
        listening.listen(16)
        for name in SLOW.split():
            __import__(name)
        parse_beforehand()
        # A second each of every process otherwise, at its first look into MLflow's store.
        sqlalchemy.orm.configure_mappers()
        newest_schema.utils._get_latest_schema_revision()
        # A search for garbage would go through all that, and copy its memory, in each fork.
        gc.freeze()
        print("ready", flush=True)
        serve(listening)
    shutil.rmtree(Path(sys.argv[1]).parent)
