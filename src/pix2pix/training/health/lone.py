"""Findings about a player that nobody judges: it learns nothing, keeps its inputs, or answers all inputs alike."""

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from pix2pix.training.curves import Curve, having, judge
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.finding import FEWEST_ROWS, Finding, Severity, last_third, number
from pix2pix.training.watched import Watched, column

# A loss stands still if, in the last third of the rows, it is at least this part of the first row.
_STILL = 0.98
# Answers keep their inputs, or are alike, if they have at most these shares of the distances of real pictures, in the
# median over the last third of the epochs. Fewer epochs tell nothing.
_KEPT, _ALIKE, FEWEST_EPOCHS = 0.1, 0.2, 6


def lone(
    losses: pd.DataFrame,
    validation: pd.DataFrame,
    curves: Sequence[Curve],
    watched: Sequence[Watched],
    advice: Advice,
) -> list[Finding]:
    """Judge a training whose only player has no judge; nothing is found in any other.

    Args:
        losses: the rows of `losses.csv`.
        validation: the rows of `validation.csv`.
        curves: the curves, one for each column of `losses`.
        watched: the measures that were taken after each epoch.
        advice: the changes to suggest.
    """
    if judge(curves):
        return []
    shares = {each.key: column(each) for each in watched}
    return [*_still(losses, curves, advice), *_answers(validation, shares, advice)]


def _still(losses: pd.DataFrame, curves: Sequence[Curve], advice: Advice) -> Iterator[Finding]:
    for curve in having(curves, "loss") if len(losses) >= FEWEST_ROWS else ():
        began, ended = losses[curve.key].iloc[0], last_third(losses)[curve.key]
        if ended >= _STILL * began:
            yield Finding(
                Severity.COLLAPSED,
                "nothing learned",
                f"In the last third of the run {curve.key} was {number(ended)}, and {number(began)} in the first row.",
                f"A training has learned nothing if, in the median over the last third of losses.csv, {curve.key} is "
                f"at least {_STILL} times that of the first row.",
                change(advice.another_rate()),
            )


def _answers(validation: pd.DataFrame, columns: dict[str, str], advice: Advice) -> Iterator[Finding]:
    """Yield what the shares of `walk_look` say, where they were measured."""
    kinds: dict[str, tuple[float, str, str, Callable[[], list[str]]]] = {
        "moved": (_KEPT, "inputs kept", "as far from their inputs as the real pictures", advice.more_noise),
        "varied": (_ALIKE, "answers alike", "as far from one another as the real pictures", advice.more_steps),
    }
    for key, (limit, name, words, changes) in kinds.items():
        if key not in columns or len(validation) < FEWEST_EPOCHS:
            continue
        share = float(last_third(validation)[columns[key]])
        if share <= limit:
            yield Finding(
                Severity.COLLAPSED,
                name,
                f"In the last third of the run the answers were {number(share)} times {words}.",
                f"The finding is {name} if {columns[key]} is at most {limit} in the median over the last third of the "
                "epochs. It is a mean distance (L1) of answers, divided by that of the real pictures.",
                change(changes()),
            )
