"""The progress of a run: how far it has come, and what it has measured. A checkpoint holds it beside the weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.base.errors import DivergedError
from pix2pix.base.files import whole
from pix2pix.training.plan import Plan

Row = dict[str, float]
# Networks that had no gradient in so many rows of losses stand still.
_STILL = 10


@dataclass
class Progress:
    """The progress of a run. A resumed run continues the progress in its checkpoint, so a run has one history.

    Attributes:
        step: the number of finished steps, over all epochs.
        images: the number of examples in these steps.
        seconds: the time of these steps, without validation, pictures and saving. A step that was done again after a
            kill counts once.
        peak_memory_gb: the resident memory of the session that needed most.
        exact: whether all sessions had the same hardware, versions and settings (`hardware.setting`).
        losses: rows with `epoch` and `step` (both from 1, as reached), and the mean of each loss since the last row.
        pending: the losses of the steps since the last row, in the form that `numbers` takes.
        validation: rows with `epoch` (from 1), and what was measured on the selection split after it.
        samples: uint8 RGB grids of input | generated | real, by epoch.
    """

    step: int = 0
    images: int = 0
    seconds: float = 0.0
    peak_memory_gb: float = 0.0
    exact: bool = True
    losses: list[Row] = field(default_factory=list)
    pending: list[Mapping[str, Any]] = field(default_factory=list)
    validation: list[Row] = field(default_factory=list)
    samples: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    def count(self, losses: Mapping[str, Any], plan: Plan) -> int:
        """Take in some steps of an epoch.

        Args:
            losses: the losses of each step, by name, `(steps,)`.
            plan: it says how many examples a step has.

        Returns:
            The number of examples in these steps.
        """
        steps = len(next(iter(losses.values())))
        images = plan.images(self.step, steps)
        self.pending.append(losses)
        self.step += steps
        self.images += images
        return images

    def close_row(self, epoch: int) -> Row:
        """Make a row of the losses since the last row.

        Args:
            epoch: the current epoch, from 1.

        Raises:
            DivergedError: a loss is not finite, or no network learns any more.
        """
        row = mean_row(numbers(self.pending, epoch, self.step), epoch, self.step)
        rows = [row, *self.losses[:-_STILL:-1]]
        norms = [[value for name, value in each.items() if name.endswith("_gradient_norm")] for each in rows]
        # Losses that are cut have no gradient beyond the cut, and no step leads back. A network that trains alone may
        # meet batches without a gradient, such as label maps without a class.
        if len(rows) == _STILL and len(norms[0]) > 1 and not any(map(any, norms)):
            raise DivergedError(
                f"training stopped: no network learns any more, because all gradients were 0 in the last {_STILL} rows "
                f"of losses, up to step {self.step} (epoch {epoch}); the last checkpoint is kept"
            )
        self.losses.append(row)
        self.pending = []
        return row

    def settle(self, epoch: int) -> None:
        """Turn the pending losses from tensors into numbers; see `numbers`."""
        self.pending = [*numbers(self.pending, epoch, self.step)]

    def cost(self) -> dict[str, Any]:
        """Return `steps`, `images`, `seconds`, `seconds_per_step`, `images_per_second`, `peak_memory_gb`, `exact`."""
        return {
            "steps": self.step,
            "images": self.images,
            "seconds": round(self.seconds, 1),
            "seconds_per_step": round(self.seconds / self.step, 4),
            "images_per_second": round(self.images / self.seconds, 3),
            "peak_memory_gb": self.peak_memory_gb,
            "exact": self.exact,
        }


def numbers(pending: Sequence[Mapping[str, Any]], epoch: int, step: int) -> list[Row]:
    """Return the losses of steps as numbers.

    Args:
        pending: losses by name, as numbers or tensors: a scalar for one step, or `(steps,)` for consecutive steps.
        epoch: the current epoch, from 1.
        step: the number of the last step, from 1.

    Raises:
        DivergedError: a loss is NaN or infinite; the message names the first such step.
    """
    rows = [
        dict(zip(losses, map(float, values), strict=True))
        for losses in pending
        for values in zip(*map(np.atleast_1d, losses.values()), strict=True)
    ]
    for number, row in enumerate(rows, start=step - len(rows) + 1):
        for name, value in row.items():
            if not np.isfinite(value):
                raise DivergedError(
                    f"training stopped: {name} is {value} at step {number} (epoch {epoch}); the last checkpoint is kept"
                )
    return rows


def mean_row(rows: Sequence[Row], epoch: int, step: int) -> Row:
    """Return the row of `Progress.losses` for the steps up to `step`: the mean of each loss."""
    names = list(rows[0])  # rows from a checkpoint may have another order
    means = np.array([[row[name] for name in names] for row in rows]).mean(axis=0)
    return {"epoch": epoch, "step": step} | {name: float(mean) for name, mean in zip(names, means, strict=True)}


def save_csv(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Write rows as CSV, whole or not at all, with six significant digits.

    Args:
        path: the file.
        rows: the rows. Rows from a checkpoint do not have their keys in order.
        columns: the columns, in order. A column that no row has is left out, unless there are no rows at all.
    """
    names = [name for name in columns if name in rows[0]] if rows else list(columns)
    table = pd.DataFrame(rows, columns=names)
    with whole(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g", lineterminator="\n")
