"""Other runs that began in the same way, so that this run can use their checkpoints.

A longer training need not start anew. It equals a shorter one until the shorter one ends, or until its learning rate
begins to fall.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pix2pix.training.checkpoint import Ancestor
from pix2pix.training.fingerprint import past
from pix2pix.training.run_folder import RUN, described


def ancestors(folder: Path, decisive: Mapping[str, Any]) -> list[Ancestor]:
    """Find the other runs that began in the same way as this run.

    Args:
        folder: the checkpoint folder of this run.
        decisive: everything that decides this run; see `fingerprint.decisive`.
    """
    others = (path.parent for path in sorted(folder.parent.glob(f"[!.]*/{RUN}")) if path.parent != folder)
    told = {other: described(other) for other in others}
    epochs = decisive.get("train.epochs")
    if epochs is None:
        return []  # the number of epochs decides its whole course
    return [
        Ancestor(other, min(epochs, theirs["train.epochs"]))
        for other, theirs in told.items()
        if isinstance(theirs.get("train.epochs"), int) and past(theirs) == past(decisive)
    ]
