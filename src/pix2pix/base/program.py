"""The beginning of a program, before its slow imports: what stops it, what it prints in, and where its home is."""

import os
import signal
import sys
from types import FrameType, TracebackType

# The signals of a terminal, a scheduler, and a closed window.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def begin() -> None:
    """Prepare this process. A script calls it before its other imports.

    Until `stopping.raise_signals` a signal ends the process at once, with a line and the status that a shell gives it:
    no work has begun. A `UserError` during the imports is lines, too, and not a traceback.

    Where the locale has another encoding than UTF-8, Python starts anew in its UTF-8 mode: file names are the same
    bytes everywhere. What is printed stays in the encoding of the terminal. A letter that this lacks becomes its
    number, such as `\\u03bb`.
    """
    end_at_once()
    _use_utf8()
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: the stream was closed
        stream.reconfigure(errors="backslashreplace")
    sys.excepthook = _told
    _expect_home()


def end_at_once() -> None:
    """From now on a signal ends this process at once: nothing is in work that it would have to remove or to save."""
    try:
        terminal = os.dup(2)  # while TensorFlow is imported, its chatter is held back from 2
    except OSError:
        terminal = 2

    def end(number: int, _: FrameType | None) -> None:
        line = f"stopped by {signal.Signals(number).name}; every written file is whole\n"
        try:
            os.write(terminal, line.encode())
        finally:  # the terminal may be gone
            os._exit(128 + number)

    for number in heard():
        signal.signal(number, end)


def heard() -> list[signal.Signals]:
    """Return the `SIGNALS` that this process does not ignore; `nohup` has a process ignore some."""
    return [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]


def _use_utf8() -> None:
    if sys.getfilesystemencoding() == "utf-8" or os.environ.get("PYTHONUTF8") == "1":
        return
    terminal = f"{sys.stdout.encoding if sys.stdout else 'utf-8'}:backslashreplace"
    environment = {"PYTHONIOENCODING": terminal, **os.environ, "PYTHONUTF8": "1"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from pix2pix.base.errors import UserError, tell

    if isinstance(error, UserError):
        tell(error)
    else:
        sys.__excepthook__(kind, error, trace)


def _expect_home() -> None:
    """Refuse a user of whom nobody knows the home: libraries would make a folder called `~`, or fail one by one."""
    from pix2pix.base.errors import UserError, give_up

    if os.path.expanduser("~") == "~":  # noqa: PTH111 (`Path.home` raises)
        give_up(
            UserError(f"user {os.getuid()} has no home folder: set HOME to a folder that can be written, as HOME=/tmp")
        )
