"""TensorFlow without its start-up chatter."""

import os
import sys
import tempfile


def import_tensorflow() -> None:
    """Import TensorFlow, holding back what it writes to stderr before it reads any log level.

    Those dozen lines say nothing to a user; which device is used, the stages say themselves. When the import fails,
    they are shown.
    """
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
