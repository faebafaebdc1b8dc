"""The model that a training begins with: on this machine, or in MLflow."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pix2pix.tracking.model import fetch_generator
from pix2pix.tracking.store import tracking_uri
from pix2pix.training.start import Start


@contextmanager
def start_of(name: str | None) -> Iterator[Start | None]:
    """Return the model that `train.start_from: name` names. A model in MLflow is copied here until the block ends.

    Raises:
        UserError: MLflow has no such model, or the model contains no generator of this project.
    """
    if name is None:
        yield None
    elif name.startswith(("models:/", "runs:/")):
        with tempfile.TemporaryDirectory() as scratch:
            yield Start(fetch_generator(tracking_uri(), name, Path(scratch)), name)
    else:
        yield Start(Path(name), name)
