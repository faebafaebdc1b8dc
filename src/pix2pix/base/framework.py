"""Import TensorFlow without its startup messages, and with the same kernels on every processor."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def import_tensorflow() -> None:
    """Import TensorFlow and hide the lines that it writes to stderr before it reads its log level.

    A user cannot use these lines; the stages themselves say which device they use.

    By default TensorFlow uses oneDNN's kernels only on processors with AVX-512. They are faster on others too: with
    AVX2 and two cores a step takes 0.9 of the time, the segmenter 0.7, and MS-SSIM a tenth. So they are always on here,
    unless the environment has `TF_ENABLE_ONEDNN_OPTS=0`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
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
