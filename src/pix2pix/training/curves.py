"""What a training measures at every step, as a table: whose curve it is, what it tells, and how to draw it.

A system gives the table, training writes it beside the losses, and whoever reads these names no loss of its own.
Nothing here imports TensorFlow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from pix2pix.base.files import read_json, write_json, write_text
from pix2pix.training.watched import Watched

# What a curve tells of its player.
#   distance: how far its pictures are from the target
#   loss: all that it minimises
#   term: a part of the loss of a player that judges
#   accuracy: the share of the patches that it judges right
#   persuasion: what it still has to do to convince the one that judges
#   gradient: the norm of the gradient of its loss
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
    """The table in a `curves.json`.

    Raises:
        OSError: there is no such file.
        ValueError: it holds something else.
    """
    try:
        return tuple(Curve(**each) for each in read_json(path))
    except TypeError as error:
        raise ValueError(f"it is no table of curves: {error}") from None


def having(curves: Sequence[Curve], role: Role, player: str | None = None) -> list[Curve]:
    """The curves of a role, of one player or of all."""
    return [curve for curve in curves if curve.role == role and player in (None, curve.player)]


def judge(curves: Sequence[Curve]) -> str | None:
    """The player that judges pictures: the one whose accuracy is measured; None if there is none."""
    return next((curve.player for curve in having(curves, "accuracy")), None)


def points(
    losses: pd.DataFrame, validation: pd.DataFrame, curves: Sequence[Curve], watched: Iterable[Watched]
) -> pd.DataFrame:
    """All curves in one table, whatever the system: `dvc plots` draws it without naming a curve.

    Args:
        losses: the rows of `losses.csv`, one at least.
        validation: the rows of `validation.csv`.
        curves: the table of the columns of `losses`.
        watched: the measures of the pairs put aside.

    Returns:
        `curve`, the title; `epoch`, a fraction for losses: 1.5 is half way through the second; `value`, as it stands in
        its file. Curves stand one after the other, those of `losses` first.
    """
    epochs = losses["step"] * losses["epoch"].iloc[-1] / losses["step"].iloc[-1]
    tables = [pd.DataFrame({"curve": each.title, "epoch": epochs, "value": losses[each.key]}) for each in curves]
    for each in watched if len(validation) else ():
        put_aside = validation[["epoch", f"validation_{each.key}"]].set_axis(["epoch", "value"], axis="columns")
        tables.append(put_aside.assign(curve=f"{each.short} of pairs put aside"))
    return pd.concat(tables, ignore_index=True)
