"""Import TensorFlow without its startup messages, with memory for its large arrays."""

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from pix2pix.base import memory
from pix2pix.base.errors import UserError

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
    memory.keep()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with chatter_held_back():
        import tensorflow  # noqa: F401


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
