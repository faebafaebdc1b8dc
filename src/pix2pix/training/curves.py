"""The curves of a training: one for each column of `losses.csv`, with its player, its meaning and its place in a chart.

A system provides this table, and training writes it beside the losses. Pages and the verdict read the table, so that
they need not know the losses of any system. Nothing here imports TensorFlow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from pix2pix.base.files import write_json, write_text
from pix2pix.training.watched import Watched

# The meaning of a curve for its player.
#   distance: how far the player's pictures are from the target
#   loss: everything that the player minimises; for a player that judges pictures: its two terms for the true labels
#   term: a part of the loss of a player that judges pictures
#   accuracy: the share of the patches that the player judges right
#   persuasion: the loss of a player that has to convince another player
#   estimate: for a critic, its estimate of how far generated pictures are from real ones; a critic has no accuracy
#   penalty: a penalty that the player minimises beside its loss
#   reward: what the player maximises beside its loss
#   gradient: the norm of the gradient of the player's loss
Role = Literal["distance", "loss", "term", "accuracy", "persuasion", "estimate", "penalty", "reward", "gradient"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Caption:
    """The words for a curve, and how to draw it. Captions decide nothing about a training.

    Attributes:
        title: the title of the curve when it is drawn alone.
        chart: the title of its chart. Curves with the same chart share their axes. None if no chart shows the curve.
        line: the name of the curve among the other curves of its chart. For an accuracy: the kind of patches, `real`.
        note: how to read the chart.
        logarithmic: whether the vertical axis is logarithmic.
    """

    title: str = ""
    chart: str | None = None
    line: str = ""
    note: str = ""
    logarithmic: bool = False


@dataclass(frozen=True)
class Curve:
    """A column of `losses.csv`.

    Attributes:
        key: the name of the column.
        player: the player whose curve it is, by the name of its network: `generator`.
        role: the meaning of the curve for this player; see `Role`.
        neutral: the value while the judging player cannot decide; None if no value means that.
        neutral_name: the neutral value as people write it, `2 ln 2`; empty if the number itself says it.
        measure: for a distance, the key of the same measure of pictures.
        factor: the factor that turns values of the curve into values of this measure.
        weight: for a distance, its weight in the loss of the player (λ).
        caption: the words for the curve. A system leaves them out; see `captioned`.
    """

    key: str
    player: str
    role: Role
    neutral: float | None = None
    neutral_name: str = ""
    measure: str | None = None
    factor: float = 1
    weight: float = 0
    caption: Caption = Caption()


def captioned(curves: Iterable[Curve], captions: Mapping[str, Caption]) -> tuple[Curve, ...]:
    """Return the curves of a system with their captions, which `captions` has by key.

    Raises:
        KeyError: a curve has no caption.
    """
    return tuple(replace(curve, caption=captions[curve.key]) for curve in curves)


def write(
    folder: Path,
    curves: Sequence[Curve],
    losses: pd.DataFrame,
    validation: pd.DataFrame,
    watched: Iterable[Watched],
    example: str = "pair",
) -> None:
    """Write the table, `curves.json`, and what `points` makes of it, `points.csv`; each appears whole or not at all."""
    write_json(folder / "curves.json", [asdict(curve) for curve in curves])
    table = points(losses, validation, curves, watched, example)
    write_text(folder / "points.csv", table.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def having(curves: Sequence[Curve], role: Role, player: str | None = None) -> list[Curve]:
    """Return the curves that have a role, of one player or of all."""
    return [curve for curve in curves if curve.role == role and player in (None, curve.player)]


def judges(curves: Sequence[Curve]) -> list[str]:
    """Return the players that judge pictures: those with an accuracy or an estimate, in the order of their curves."""
    return list(dict.fromkeys(curve.player for curve in curves if curve.role in ("accuracy", "estimate")))


def judge(curves: Sequence[Curve]) -> str | None:
    """Return the first player that judges pictures; None if no player judges."""
    return next(iter(judges(curves)), None)


def points(
    losses: pd.DataFrame,
    validation: pd.DataFrame,
    curves: Sequence[Curve],
    watched: Iterable[Watched],
    example: str = "pair",
) -> pd.DataFrame:
    """Return all curves in one table, so that `dvc plots` can draw them without knowing the system.

    Args:
        losses: the rows of `losses.csv`, at least one.
        validation: the rows of `validation.csv`.
        curves: the table of the columns of `losses`.
        watched: the measures of the examples put aside.
        example: the word for an example.

    Returns:
        The columns `curve` (the title), `epoch` (a fraction for losses: 1.5 is half way through the second epoch) and
        `value` (as in the file). The curves follow one another, beginning with those of `losses`.
    """
    epochs = losses["step"] * losses["epoch"].iloc[-1] / losses["step"].iloc[-1]
    tables = [
        pd.DataFrame({"curve": each.caption.title, "epoch": epochs, "value": losses[each.key]}) for each in curves
    ]
    for each in watched if len(validation) else ():
        put_aside = validation[["epoch", f"validation_{each.key}"]].set_axis(["epoch", "value"], axis="columns")
        tables.append(put_aside.assign(curve=f"{each.short} of {example}s put aside"))
    return pd.concat(tables, ignore_index=True)
