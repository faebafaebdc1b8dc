"""TensorFlow without its start-up chatter: a stage imports this before anything that imports TensorFlow.

TensorFlow writes a dozen lines to stderr before any log level is read, none of them for the user. Which device is
used is said by the stage itself.
"""

import os
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with tempfile.TemporaryFile() as chatter:
    stderr = os.dup(2)
    os.dup2(chatter.fileno(), 2)
    try:
        import tensorflow  # noqa: F401
    except BaseException:
        chatter.seek(0)
        os.write(stderr, chatter.read())
        raise
    finally:
        sys.stderr.flush()
        os.dup2(stderr, 2)
        os.close(stderr)
