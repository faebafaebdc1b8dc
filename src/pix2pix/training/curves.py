"""The curves of a training: one for each column of `losses.csv`, with its player, its meaning and its place in a chart.

A system provides this table, and training writes it beside the losses. Pages and the verdict read the table, so that
they need not know the losses of any system. Nothing here imports TensorFlow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from pix2pix.base.files import read_json, write_json, write_text
from pix2pix.training.watched import Watched

# The meaning of a curve for its player.
#   distance: how far the player's pictures are from the target
#   loss: everything that the player minimises
#   term: a part of the loss of a player that judges pictures
#   accuracy: the share of the patches that the player judges right
#   persuasion: the loss of a player that has to convince another player
#   gradient: the norm of the gradient of the player's loss
Role = Literal["distance", "loss", "term", "accuracy", "persuasion", "gradient"]
ROLES: tuple[Role, ...] = ("distance", "loss", "term", "accuracy", "persuasion", "gradient")


@dataclass(frozen=True)
class Curve:
    """A column of `losses.csv`.

    Attributes:
        key: the name of the column.
        title: what people call it when it is drawn alone.
        player: whose it is, as people call the network: `generator`.
        role: what it tells of this player.
        chart: the title of the chart it is drawn in; curves of one chart share their axes. None: in no chart.
        line: what it is called beside the other curves of its chart. Of an accuracy: the patches it is about, `real`.
        note: how to read the chart.
        neutral: the value while the player that judges cannot decide; None where no value means that.
        neutral_name: how people write that value: `2 ln 2`; empty where the number says it all.
        logarithmic: whether the vertical axis is.
        measure: of a distance, the key of the measure that it is while training.
        factor: what turns its values into those of this measure.
        weight: of a distance, how much it counts in the loss of its player (λ).
    """

    key: str
    title: str
    player: str
    role: Role
    chart: str | None = None
    line: str = ""
    note: str = ""
    neutral: float | None = None
    neutral_name: str = ""
    logarithmic: bool = False
    measure: str | None = None
    factor: float = 1
    weight: float = 0


def write(
    folder: Path,
    curves: Sequence[Curve],
    losses: pd.DataFrame,
    validation: pd.DataFrame,
    watched: Iterable[Watched],
) -> None:
    """Write the table, `curves.json`, and what `points` makes of it, `points.csv`; each appears whole or not at all."""
    write_json(folder / "curves.json", [asdict(curve) for curve in curves])
    table = points(losses, validation, curves, watched)
    write_text(folder / "points.csv", table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def read(path: Path) -> tuple[Curve, ...]:
    """Read the table in a `curves.json`.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file contains something else.
    """
    try:
        return tuple(Curve(**each) for each in read_json(path))
    except TypeError as error:
        raise ValueError(f"it is no table of curves: {error}") from None


def having(curves: Sequence[Curve], role: Role, player: str | None = None) -> list[Curve]:
    """Return the curves that have a role, of one player or of all."""
    return [curve for curve in curves if curve.role == role and player in (None, curve.player)]


def judge(curves: Sequence[Curve]) -> str | None:
    """Return the player that judges pictures, which is the one with an accuracy; None if no player judges."""
    return next((curve.player for curve in having(curves, "accuracy")), None)


def points(
    losses: pd.DataFrame, validation: pd.DataFrame, curves: Sequence[Curve], watched: Iterable[Watched]
) -> pd.DataFrame:
    """Return all curves in one table, so that `dvc plots` can draw them without knowing the system.

    Args:
        losses: the rows of `losses.csv`, at least one.
        validation: the rows of `validation.csv`.
        curves: the table of the columns of `losses`.
        watched: the measures of the pairs put aside.

    Returns:
        The columns `curve` (the title), `epoch` (a fraction for losses: 1.5 is half way through the second epoch) and
        `value` (as in the file). The curves follow one another, beginning with those of `losses`.
    """
    epochs = losses["step"] * losses["epoch"].iloc[-1] / losses["step"].iloc[-1]
    tables = [pd.DataFrame({"curve": each.title, "epoch": epochs, "value": losses[each.key]}) for each in curves]
    for each in watched if len(validation) else ():
        put_aside = validation[["epoch", f"validation_{each.key}"]].set_axis(["epoch", "value"], axis="columns")
        tables.append(put_aside.assign(curve=f"{each.short} of pairs put aside"))
    return pd.concat(tables, ignore_index=True)
