"""How a running stage is asked to stop: a signal, or the end of the `dvc` that started it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

# What a terminal, a scheduler, and a closed window send.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A shell between DVC and the stage outlives DVC.
SHELLS = {"ash", "bash", "dash", "fish", "ksh", "sh", "zsh"}
FIRST = {"init", "launchd", "systemd", "tini"}
WATCH_S = 0.5
# A closed window and `timeout` send a signal twice at once; a person who asks again takes longer.
ECHO_S = 1.0
Asked = Callable[[], signal.Signals | None]
# A signal came: the end of `dvc` that the same signal brings about must not count as a second one.
_asked = threading.Event()


class Stopped(KeyboardInterrupt):
    """A signal came: what Python makes of Ctrl-C, for all of `SIGNALS`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = signal.Signals(number)


def end_quietly() -> None:
    """Until `raise_signals`, Ctrl-C ends the process without a word: nothing is begun yet."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_signals() -> None:
    """From now on a signal raises `Stopped` where the main thread is, so that what is half written goes away."""

    def stop(number: int, _: FrameType | None) -> None:
        _asked.set()
        raise Stopped(number)

    for number in _heard():
        signal.signal(number, stop)


@contextmanager
def defer_signals() -> Iterator[Asked]:
    """Within the block a signal is only noted; a second one, `ECHO_S` or more later, raises `Stopped` at once.

    Yields:
        What to call now and then: the signal that came, or None.
    """
    came: list[signal.Signals] = []
    first = 0.0

    def note(number: int, _: FrameType | None) -> None:
        nonlocal first
        if came:
            if time.monotonic() - first >= ECHO_S:
                raise Stopped(number)
            return
        first = time.monotonic()
        came.append(signal.Signals(number))
        _asked.set()
        # Not `print`: the signal may have come in the midst of one. The terminal may be what has gone.
        with suppress(OSError):
            os.write(2, f"\n{came[0].name}: stopping when what is in hand is saved; once more stops at once\n".encode())

    before = {number: signal.signal(number, note) for number in _heard()}
    try:
        yield lambda: came[0] if came else None
        _asked.clear()  # it came after the last step
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_dvc() -> None:
    """If DVC runs this process, end it (SIGTERM) when that DVC has died: nobody waits for its outputs any more."""
    dvc = _launcher()
    if dvc is not None:
        threading.Thread(target=_watch, args=(dvc,), daemon=True).start()


def _watch(dvc: psutil.Process) -> None:
    while _lives(dvc) or _asked.is_set():
        time.sleep(WATCH_S)
    with suppress(OSError):
        os.write(2, b"\nthe dvc that ran this stage has died\n")
    os.kill(os.getpid(), signal.SIGTERM)


def _launcher() -> psutil.Process | None:
    """The process that runs this stage for DVC; None if a person runs it by hand, who may want to leave it alone."""
    if "DVC_ROOT" not in os.environ:
        return None
    return next((parent for parent in psutil.Process().parents() if parent.name() not in SHELLS), None)


def _lives(process: psutil.Process) -> bool:
    try:
        # One that started before we could look at it, and died, has left us to the first process of all.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE and process.name() not in FIRST
    except psutil.NoSuchProcess:
        return False


def _heard() -> list[signal.Signals]:
    """Those of `SIGNALS` that nobody told this process to ignore, as `nohup` does."""
    return [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
