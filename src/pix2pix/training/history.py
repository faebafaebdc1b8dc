"""What a run has measured so far: a row a logging window, a row an epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from pix2pix.errors import TrainingError
from pix2pix.files import whole
from pix2pix.training.step import Losses

Row = dict[str, float]
# The order of columns in files: a history read from a checkpoint has lost the order of its keys.
COLUMNS = (
    "epoch",
    "step",
    "generator_total",
    "generator_gan",
    "generator_l1",
    "discriminator_loss",
    "discriminator_real",
    "discriminator_fake",
    "validation_l1",
)


@dataclass
class History:
    """The loss history of a run; it is saved with every checkpoint, so that a resumed run has one history.

    Attributes:
        losses: `epoch` and `step` (both from 1, as reached) and the means of each loss over the window before.
        validation: `epoch` (from 1) and what was measured on the selection split after it.
    """

    losses: list[Row] = field(default_factory=list)
    validation: list[Row] = field(default_factory=list)


def window_row(epoch: int, step: int, window: Sequence[Losses]) -> Row:
    """The row of a window of steps that ends after `step` (from 1).

    Raises:
        TrainingError: a loss is NaN or infinite; the message names the first such step.
    """
    names = list(window[0])
    values = np.array([[float(losses[name]) for name in names] for losses in window])
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise TrainingError(
            f"training stopped: {names[column]} is {values[row, column]} at step {step - len(window) + row + 1} "
            f"(epoch {epoch}); the last checkpoint is kept. A smaller train.learning_rate or another seed may help"
        )
    means = values.mean(axis=0)
    return {"epoch": epoch, "step": step} | {name: float(mean) for name, mean in zip(names, means, strict=True)}


def save_csv(path: Path, rows: list[Row], columns: Sequence[str]) -> None:
    """Rows as CSV, whole or not at all; six significant digits. Without rows, the header `columns`."""
    known = {name: place for place, name in enumerate(COLUMNS)}
    names = sorted(rows[0], key=lambda name: (known.get(name, len(known)), name)) if rows else list(columns)
    table = pd.DataFrame(rows, columns=names)
    with whole(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
