"""A process that has imported TensorFlow and a checkout's code, and forks stage scripts that are killed where told.

    python victim.py CHECKOUT

Each line on stdin asks for one run: {"stage": …, "log": …, "environment": {…}, "point": …, "number": …}. Its process's
number is answered, then, after its end, its return code. Importing takes longer than a tiny training, hence the fork.
"""

import json
import os
import random
import runpy
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any


def die(*_: object) -> None:
    """As `kill -9` does it."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: Any, name: str, when: Callable[..., bool], act: Callable[[], None] = die) -> None:
    """Have `act` called before a call of `owner.name` that `when` picks."""
    original = getattr(owner, name)

    def instead(*words: Any, **named: Any) -> Any:
        if when(*words, **named):
            act()
        return original(*words, **named)

    setattr(owner, name, instead)


def after(owner: Any, name: str, when: Callable[..., bool]) -> None:
    """Have the process killed after a call of `owner.name` that `when` picks."""
    original = getattr(owner, name)

    def instead(*words: Any, **named: Any) -> Any:
        picked = when(*words, **named)
        done = original(*words, **named)
        if picked:
            die()
        return done

    setattr(owner, name, instead)


def arm(point: str, number: int) -> None:
    """Kill this process at a point of training, the `number`-th time (from 1) it comes there."""
    import tensorflow as tf

    from pix2pix.networks import folder as model_folder
    from pix2pix.training import checkpoint, progress
    from pix2pix.training.step import TrainingStep

    left = number

    def counted(matches: Callable[..., bool]) -> Callable[..., bool]:
        def now(*words: Any, **named: Any) -> bool:
            nonlocal left
            left -= bool(matches(*words, **named))
            return left == 0 and bool(matches(*words, **named))

        return now

    def soon() -> None:
        """In the midst of what comes next."""
        threading.Timer(random.Random(number).uniform(0, 0.02), die).start()

    any_call = counted(lambda *_, **__: True)
    is_checkpoint = counted(lambda path, *_: ".step-" in str(path))
    match point:
        case "step":
            before(TrainingStep, "__call__", any_call)
        case "state":
            before(tf.train.Checkpoint, "write", any_call, soon)
        case "hashes":
            before(checkpoint, "_hashes", counted(lambda path: path.name.endswith(".part")))
        case "before rename":
            before(Path, "replace", is_checkpoint)
        case "after rename":
            after(Path, "replace", is_checkpoint)
        case "prune":
            after(Path, "rename", counted(lambda _, target: ".step-" in str(target)))
        case "model":
            before(model_folder, "sha256", any_call)
        case "curves":
            before(progress.pd.DataFrame, "to_csv", any_call)
        case "end":
            before(Path, "replace", counted(lambda path, *_: "train.json" in str(path)))
        case _:
            raise ValueError(point)


def stage(checkout: Path, asked: dict[str, Any]) -> None:
    """Become the stage script; does not come back."""
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(asked["environment"])
    script = checkout / "stages" / f"{asked['stage']}.py"
    sys.argv = [str(script)]
    status = 1
    try:
        if asked.get("point"):
            arm(asked["point"], asked["number"])
        runpy.run_path(str(script), run_name="__main__")
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """Import, then serve."""
    checkout = Path(sys.argv[1])
    sys.path.insert(0, str(checkout / "src"))
    from pix2pix import quiet

    quiet.import_tensorflow()
    import pandas  # noqa: F401

    import pix2pix.evaluation.scoring
    import pix2pix.tracking.runs
    import pix2pix.training.loop
    import pix2pix.training.run_folder
    import pix2pix.training.segmenting
    import pix2pix.training.summaries
    import pix2pix.translator  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            stage(checkout, json.loads(line))
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
