"""Run a stage script and kill it, as `kill -9` does, when it comes to a certain point.

python victim.py SCRIPT POINT NUMBER
"""

import os
import random
import runpy
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Where trainings are killed, and how often it has come there by then. "clock": some time after a save; "start": some
# time after the start.
DURING = [
    *[
        ("step", 2),
        ("state", 1),
        ("step", 3),
        ("hashes", 1),
        ("clock", 1),
        ("before rename", 2),
        ("step", 1),
        ("start", 1),
    ],
    *[("state", 2), ("after rename", 1), ("prune", 1), ("step", 5), ("clock", 2), ("state", 3), ("step", 4)],
    *[("catch up", 1), ("mlflow", 1), ("look", 1), ("after a look", 1)],
    *[("hashes", 2), ("before rename", 1), ("clock", 3), ("prune", 2), ("after rename", 2), ("state", 4)],
]
# Each of these places once. The first kill comes after a save, so all later sessions resume from something.
ONCE = [
    *[("step", 2), ("state", 1), ("hashes", 1), ("clock", 1), ("before rename", 2), ("start", 1)],
    *[("after rename", 1), ("prune", 1), ("catch up", 1), ("mlflow", 1), ("look", 1), ("after a look", 1)],
]
AT_THE_END = [("trained", 1), ("model", 1), ("curves", 1), ("end", 1)]


def die() -> None:
    """End this process at once."""
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
    from pix2pix.training import checkpoint, followers, loop, outputs, progress, run_folder
    from pix2pix.training.replicas import Replicas
    from pix2pix.training.windows import Windows

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
            for kind in (Windows, Replicas):
                before(kind, "__call__", any_call)
        case "ask":
            before(Replicas, "__call__", any_call, lambda: os.kill(os.getpid(), signal.SIGTERM))
        case "hang":
            before(Replicas, "__call__", any_call, lambda: time.sleep(1000))
        case "state":
            before(tf.train.Checkpoint, "write", any_call, soon)
        case "hashes":
            before(checkpoint, "_hashes", counted(lambda path: path.name.endswith(".part")))
        case "before rename":
            before(Path, "replace", is_checkpoint)
        case "after rename":
            after(Path, "replace", is_checkpoint)
        case "catch up":
            before(followers.Followers, "catch_up", any_call)
        case "mlflow":
            before(run_folder, "remember", any_call)
        case "look":
            before(loop, "_look", any_call)
        case "after a look":
            after(loop, "_look", any_call)
        case "replace":
            before(Path, "replace", any_call)
        case "prune":
            after(Path, "rename", counted(lambda _, target: ".step-" in str(target)))
        case "trained":
            before(outputs, "write", any_call)
        case "model":
            before(model_folder, "sha256", any_call)
        case "curves":
            before(progress.pd.DataFrame, "to_csv", any_call)
        case "end":
            before(
                Path, "replace", counted(lambda path, *_: ".train.json" in str(path) or ".segmenter.json" in str(path))
            )
        case _:
            when, _, target = point.partition(" ")
            {"before": before, "after": after}[when](Path, "replace", lambda _, path: str(path).endswith(target))


if __name__ == "__main__":
    script, point, number = sys.argv[1:]
    sys.path.insert(0, str(Path(script).resolve().parents[1] / "src"))
    from pix2pix.base import framework

    framework.import_tensorflow()
    arm(point, int(number))
    sys.argv = [script]
    runpy.run_path(script, run_name="__main__")
