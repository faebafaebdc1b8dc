"""The processes that train one run together, and what happens when one of them is lost."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import tensorflow as tf

from pix2pix.base.errors import PeerLostError, UsageError, one_line

CONFIG = "TF_CONFIG"
# The jobs of a cluster that train, in the order of their processes.
_JOBS = ("chief", "worker")
# The seconds after which a process that waits for another one gives up. An epoch's look, a checkpoint on slow storage,
# and the start of a pod may all come between two steps.
_PATIENCE = "PIX2PIX_PATIENCE_S"
_PATIENCE_S = 600.0


class Cluster(NamedTuple):
    """The processes.

    Attributes:
        processes: their number.
        process: the number of this one. 0 is the chief: it alone writes, logs and holds the lock.
    """

    processes: int = 1
    process: int = 0


def cluster() -> Cluster:
    """Read the cluster from `TF_CONFIG`; without it there is one process.

    Raises:
        UsageError: the variable is not what TensorFlow expects.
    """
    told = os.environ.get(CONFIG)
    if not told:
        return Cluster()
    try:
        read = json.loads(told)
        jobs, task = read["cluster"], read["task"]
        before = sum(len(jobs.get(job, ())) for job in _JOBS[: _JOBS.index(task["type"])])
        found = Cluster(sum(len(jobs.get(job, ())) for job in _JOBS), before + int(task["index"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        found = Cluster(0)
    if not 0 <= found.process < found.processes:
        raise UsageError(
            f"{CONFIG}: must name the addresses of all workers and this one's number, as "
            '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'
        )
    return found


@cache
def strategy() -> tf.distribute.Strategy:
    """Return the strategy of all processes, once they are all there.

    TensorFlow can only be told of the other processes before it has done anything.
    """
    with waiting("the others to begin"):
        return tf.distribute.MultiWorkerMirroredStrategy()


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Wait for other processes in the block.

    If they do not answer within the patience, this process ends: TensorFlow cannot be interrupted while it waits.

    Raises:
        PeerLostError: a process is gone.
    """
    patience = float(os.environ.get(_PATIENCE, _PATIENCE_S))
    timer = threading.Timer(patience, _give_up, (what, patience))
    timer.daemon = True
    timer.start()
    try:
        yield
    except tf.errors.OpError as error:
        raise PeerLostError(_lost(f"{one_line(error)}")) from None
    finally:
        timer.cancel()


def _give_up(what: str, patience: float) -> None:
    line = _lost(f"waited {patience:.0f} s for {what}")
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, f"error: {line}\n".encode())
    os._exit(PeerLostError.exit_status)


def _lost(why: str) -> str:
    return (
        f"another process of this training is lost ({why}). Start all processes again: the run resumes from its newest "
        "checkpoint"
    )
