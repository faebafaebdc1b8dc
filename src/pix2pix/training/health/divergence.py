"""Losses that are finite but of no use."""

from collections.abc import Sequence

import pandas as pd

from pix2pix.training.curves import Curve, having
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.balance import Duel, duel
from pix2pix.training.health.finding import FEWEST_ROWS, Finding, Severity, number, thirds
from pix2pix.training.watched import Watched

# The loss of the player that judges, in units of neutral; the loss of one that tries to convince it.
_WRONG, _EXPLODED = 5, 100
# A distance (0 to 1; flat grey has at most an L1 of 0.5 from any picture); a rise above its lowest third; the weight λ
# from which on it is what the player learns above all.
FAR, _RISEN, _WEIGHTY = 0.4, 1.5, 10


def divergence(
    losses: pd.DataFrame, curves: Sequence[Curve], watched: Sequence[Watched], advice: Advice
) -> Finding | None:
    """Whether a training has diverged; None if it has not, or if it is too short to tell.

    Args:
        losses: the rows of `losses.csv`.
        curves: the table of its columns.
        watched: the measures of the pairs put aside, which give distances their names.
        advice: what can be changed.
    """
    if len(losses) < FEWEST_ROWS:
        return None
    players, distances = duel(curves), _weighty(curves, watched)
    signs = [sign for curve, name in distances if (sign := _far(losses, curve, name))]
    if players is not None:
        signs += _wrong(thirds(losses).iloc[-1], players)
    if not signs:
        return None
    return Finding(
        Severity.DIVERGED,
        "diverged",
        f"In the last third of the run: {'; '.join(signs)}.",
        _rule(players, [name for _, name in distances]),
        change(advice.smaller_steps()),
    )


def _weighty(curves: Sequence[Curve], watched: Sequence[Watched]) -> list[tuple[Curve, str]]:
    """The distances, with their names, that their player learns above all: by their weight, or as its only loss."""
    names = {each.key: each.short for each in watched if not each.higher_is_better}
    return [
        (curve, names[curve.measure])
        for curve in having(curves, "distance")
        if curve.measure in names and (curve.weight >= _WEIGHTY or not having(curves, "persuasion", curve.player))
    ]


def _far(losses: pd.DataFrame, curve: Curve, name: str) -> str | None:
    """Whether a distance has not fallen, or has risen again."""
    course = thirds(losses)[curve.key] * curve.factor
    began, lowest, ended = losses[curve.key].iloc[0] * curve.factor, course.min(), course.iloc[-1]
    if ended >= max(FAR, began):
        return f"training {name} was {number(ended)}, no better than in the first row ({number(began)})"
    if ended >= _RISEN * lowest:
        return f"training {name} was {number(ended)}, after {number(lowest)} in an earlier third"
    return None


def _wrong(last: "pd.Series[float]", players: Duel) -> list[str]:
    """Losses between the players that are out of all proportion; `last` are the medians of the last third."""
    signs, loss = [], last[players.loss.key]
    if loss >= _WRONG * players.neutral:
        signs.append(f"the {players.judge}'s loss was {number(loss)} (neutral: {number(players.neutral)})")
    exploded = (each for each in players.persuasions if last[each.key] >= _EXPLODED)
    return [*signs, *(f"the {each.player}'s {each.line} was {number(last[each.key])}" for each in exploded)]


def _rule(players: Duel | None, distances: list[str]) -> str:
    rules, defined = [], ""
    if players is not None:
        persuasions = " or ".join(each.key for each in players.persuasions)
        rules.append(f"{players.loss.key} is at least {_WRONG} times neutral, or {persuasions} at least {_EXPLODED}")
        defined = f" {players.defined()}"
    rules += [
        f"training {name} (0 to 1), where it is the only loss or has a weight λ of at least {_WEIGHTY}, is at least "
        f"{FAR} and no lower than in the first row, or at least {_RISEN} times its lowest third"
        for name in distances
    ]
    return f"In medians over the last third of losses.csv, {'; or '.join(rules)}.{defined}"
