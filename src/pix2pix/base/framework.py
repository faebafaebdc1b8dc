"""Import TensorFlow without its startup messages."""

import gc
import os
import resource
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pix2pix.base.errors import UserError
from pix2pix.base.program import end_at_once, heard

# Keras imports them where they are installed, for conveniences that nobody uses here: a second and more of each start.
_NOT_NEEDED = ("matplotlib", "pandas", "scipy", "sklearn")
# TensorFlow takes 2.2 GB of address space before it has done anything, and ends the process where that is missing.
_ADDRESSES = 4 << 30


def import_tensorflow() -> None:
    """Import TensorFlow and hide the lines that it writes to stderr before it reads its log level.

    A user cannot use these lines; the stages themselves say which device they use.

    Raises:
        UserError: this process may not have the memory that TensorFlow needs.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _ADDRESSES:
        raise UserError(
            f"this process may have {limit / 1e9:.1f} GB of address space, and TensorFlow needs more than "
            f"{_ADDRESSES / 1e9:.1f}: raise the limit with `ulimit -v`"
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _signals_end_at_once(), chatter_held_back(), _as_if_not_installed(*_NOT_NEEDED), _no_garbage_sought():
        import tensorflow  # noqa: F401


@contextmanager
def _as_if_not_installed(*packages: str) -> Iterator[None]:
    """Let imports of packages fail within the block, except of those that were imported before."""
    absent = dict.fromkeys(name for name in packages if name not in sys.modules)
    sys.modules.update(absent)  # type: ignore[arg-type]  # where a module is None, its import raises `ImportError`
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


@contextmanager
def _no_garbage_sought() -> Iterator[None]:
    """Turn Python's search for garbage off while TensorFlow is imported, and exempt from it what exists afterwards.

    The import makes a million objects, which stay. To search among them takes a quarter of its time, and up to half a
    second at each full search later. If TensorFlow was imported before, nothing changes: there may be garbage by now.
    """
    if "tensorflow" in sys.modules:
        yield
        return
    searches = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if searches:
            gc.enable()


@contextmanager
def _signals_end_at_once() -> Iterator[None]:
    """Let a signal end the process within the block, whose C++ code cannot pass on what a handler of Python raises."""
    if threading.current_thread() is not threading.main_thread():  # signals do not come to other threads
        yield
        return
    handlers = {number: signal.getsignal(number) for number in heard()}
    end_at_once()
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def chatter_held_back() -> Iterator[None]:
    """Hide everything that the block writes to stderr, from C++ too; show it if the block fails."""
    with tempfile.TemporaryFile() as chatter:
        stderr = os.dup(2)
        os.dup2(chatter.fileno(), 2)
        try:
            yield
        except BaseException:
            chatter.seek(0)
            os.write(stderr, chatter.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
