"""Which other runs began as this one does: their checkpoints serve it, too.

A longer training need not start anew. Until the shorter one's learning rate began to fall, or until it ended, both are
the same.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pix2pix.training.checkpoint import Ancestor
from pix2pix.training.fingerprint import past
from pix2pix.training.run_folder import RUN, described


def ancestors(folder: Path, decisive: Mapping[str, Any]) -> list[Ancestor]:
    """The runs beside this one that began as it does.

    Args:
        folder: this run's.
        decisive: what decides it; see `fingerprint.decisive`.
    """
    others = (path.parent for path in sorted(folder.parent.glob(f"[!.]*/{RUN}")) if path.parent != folder)
    told = {other: described(other) for other in others}
    epochs = decisive.get("train.epochs")
    if epochs is None:
        return []  # its whole course depends on how long it is
    return [
        Ancestor(other, min(epochs, theirs["train.epochs"]))
        for other, theirs in told.items()
        if isinstance(theirs.get("train.epochs"), int) and past(theirs) == past(decisive)
    ]
