"""Requests to stop a stage or a command: a signal, or the end of the `dvc` that started the stage."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

# The signals of a terminal, a scheduler, and a closed window.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The names of shells. A shell between DVC and the stage outlives DVC.
_SHELLS = {"ash", "bash", "dash", "fish", "ksh", "sh", "zsh"}
_FIRST = {"init", "launchd", "systemd", "tini"}
WATCH_S = 0.5
# A closed window and `timeout` send a signal twice at once; a person takes longer to ask again.
ECHO_S = 1.0
Asked = Callable[[], signal.Signals | None]
# This is set after a signal, because the end of a `dvc` that got the same signal is no second request.
_asked = threading.Event()


class Stopped(KeyboardInterrupt):
    """A signal asked this process to stop; like `KeyboardInterrupt`, but for all of `SIGNALS`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal = signal.Signals(number)


def end_quietly() -> None:
    """Let Ctrl-C end the process silently until `raise_signals`, because no work has begun yet."""
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_signals() -> None:
    """From now on a signal raises `Stopped` in the main thread, so that half-written files are removed."""

    def stop(number: int, _: FrameType | None) -> None:
        _asked.set()
        raise Stopped(number)

    for number in _heard():
        signal.signal(number, stop)


@contextmanager
def defer_signals() -> Iterator[Asked]:
    """Only note a signal within the block; a second signal, `ECHO_S` or more later, raises `Stopped` at once.

    Yields:
        A function that returns the noted signal, or None; the block has to call it now and then.
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
        # `print` could be interrupted by the signal, and the terminal may be gone.
        with suppress(OSError):
            os.write(2, f"\n{came[0].name}: stopping once the work so far is saved; once more stops at once\n".encode())

    before = {number: signal.signal(number, note) for number in _heard()}
    try:
        yield lambda: came[0] if came else None
        _asked.clear()  # the signal came after the last step
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_dvc() -> None:
    """If DVC runs this process, end the process (SIGTERM) when that DVC has died: nobody needs its outputs then."""
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
    """Return the process of the DVC that runs this stage; None if a person runs the stage by hand."""
    if "DVC_ROOT" not in os.environ:
        return None
    return next((parent for parent in psutil.Process().parents() if parent.name() not in _SHELLS), None)


def _lives(process: psutil.Process) -> bool:
    try:
        # If DVC died before we looked for it, the system's first process is our parent.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE and process.name() not in _FIRST
    except psutil.NoSuchProcess:
        return False


def _heard() -> list[signal.Signals]:
    """Return the `SIGNALS` that this process does not ignore. `nohup` makes a process ignore some."""
    return [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
