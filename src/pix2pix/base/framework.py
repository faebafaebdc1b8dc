"""TensorFlow without its chatter, and with the same kernels everywhere."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def import_tensorflow() -> None:
    """Import TensorFlow, holding back what it writes to stderr before it reads any log level.

    Those dozen lines say nothing to a user; which device is used, the stages say themselves.

    TensorFlow by itself uses oneDNN's kernels on processors with AVX-512 and its own on others, though oneDNN's are the
    faster ones there too: a step takes 0.9 of the time, the segmenter 0.7, MS-SSIM a tenth (AVX2, two cores).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with chatter_held_back():
        import tensorflow  # noqa: F401


@contextmanager
def chatter_held_back() -> Iterator[None]:
    """Keep what the block writes to stderr, C++ and all, to oneself; when it fails, show it."""
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
