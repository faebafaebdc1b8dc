"""Stage scripts in forks of one process that has imported TensorFlow: seconds saved with each of many runs.

Started as `python forked.py`; a line of JSON on stdin, `{"script", "folder", "out", "err", "environment"}`, runs the
script there as `python script` would. The answer is a line with the process's exit status. What is imported
beforehand is other people's code: the project's own comes from the script's checkout, and nothing has run an operation.
"""

import atexit
import json
import os
import runpy
import sys
import traceback
from typing import Any, NoReturn

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
SLOW = (
    "jinja2 matplotlib.ticker mlflow mlflow.pyfunc mlflow.store.tracking.sqlalchemy_store pandas pooch pydantic "
    "ruamel.yaml skimage.metrics tensorflow keras"
)


def serve() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(asked: dict[str, Any]) -> NoReturn:
    """Take the place of a process that has just been started, and end as Python does, less the tidying up."""
    for number, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = [asked["script"]]
    status = 0
    try:
        runpy.run_path(asked["script"], run_name="__main__")
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
