"""The finding that a training has diverged although its losses are finite."""

from collections.abc import Sequence

import pandas as pd

from pix2pix.training.curves import Curve, having
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.balance import Duel, duels, said
from pix2pix.training.health.finding import FEWEST_ROWS, Finding, Severity, last_third, number, thirds
from pix2pix.training.watched import Watched

# A training has diverged if the loss of the judging player reaches `_WRONG` times neutral, or if the loss of a player
# that tries to convince it reaches `_EXPLODED`.
_WRONG, _EXPLODED = 5, 100
# A distance from 0 to 1 has diverged if it is at least `FAR`, or `_RISEN` times its lowest third. (Flat grey has an L1
# of at most 0.5 from any picture.) Only distances count that are a main aim: their weight λ is at least `_WEIGHTY`.
FAR, _RISEN, _WEIGHTY = 0.4, 1.5, 10


def divergence(
    losses: pd.DataFrame, curves: Sequence[Curve], watched: Sequence[Watched], advice: Advice
) -> Finding | None:
    """Judge whether a training has diverged; None if it has not, or if it is too short to tell.

    Args:
        losses: the rows of `losses.csv`.
        curves: the curves, one for each column.
        watched: the measures of the pairs put aside; the distances get their names from them.
        advice: the changes to suggest.
    """
    if len(losses) < FEWEST_ROWS:
        return None
    players, distances = duels(curves), _weighty(curves, watched)
    signs = [sign for curve, name in distances if (sign := _far(losses, curve, name))]
    signs += [sign for each in players for sign in _wrong(last_third(losses), each)]
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
    """Return the distances, with their names, that are a main aim of their player: by weight, or as its only loss."""
    names = {each.key: each.short for each in watched if not each.higher_is_better}
    return [
        (curve, names[curve.measure])
        for curve in having(curves, "distance")
        if curve.measure in names and (curve.weight >= _WEIGHTY or not having(curves, "persuasion", curve.player))
    ]


def _far(losses: pd.DataFrame, curve: Curve, name: str) -> str | None:
    """Say that a distance has not fallen, or has risen again; None if neither is so."""
    course = thirds(losses)[curve.key] * curve.factor
    began, lowest, ended = losses[curve.key].iloc[0] * curve.factor, course.min(), course.iloc[-1]
    if ended >= max(FAR, began):
        return f"training {name} was {number(ended)}, no better than in the first row ({number(began)})"
    if ended >= _RISEN * lowest:
        return f"training {name} was {number(ended)}, after {number(lowest)} in an earlier third"
    return None


def _wrong(last: "pd.Series[float]", players: Duel) -> list[str]:
    """Name the losses of the duel that are far too large; `last` has the medians of the last third."""
    signs, loss = [], last[players.loss.key]
    if loss >= _WRONG * players.neutral:
        signs.append(f"the {players.judge}'s loss was {number(loss)} (neutral: {number(players.neutral)})")
    exploded = (each for each in players.persuasions if last[each.key] >= _EXPLODED)
    return [
        *signs,
        *(f"the {said(each.player)}'s {each.caption.line} was {number(last[each.key])}" for each in exploded),
    ]


def _rule(players: list[Duel], distances: list[str]) -> str:
    rules = [
        f"{each.loss.key} is at least {_WRONG} times neutral, or "
        f"{' or '.join(curve.key for curve in each.persuasions)} is at least {_EXPLODED}"
        for each in players
    ]
    defined = "".join(f" {each.defined()}" for each in players)
    rules += [
        f"training {name} (0 to 1) is at least {FAR} and no lower than in the first row, or is at least {_RISEN} times "
        f"its lowest third, provided that it is the only loss or has a weight λ of at least {_WEIGHTY}"
        for name in distances
    ]
    return f"A training has diverged if, in medians over the last third of losses.csv, {'; or '.join(rules)}.{defined}"
