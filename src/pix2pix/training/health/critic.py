"""What the curves of a Wasserstein critic say: whether its slope is held, and whether it can tell pictures apart.

The size of the critic's estimate has no meaning by itself, so most of the time nobody can say who dominates.
"""

from collections.abc import Sequence

import pandas as pd

from pix2pix.training.curves import Curve, having
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.finding import Finding, Severity, number, thirds

# The penalty is the mean of (slope - 1)². At this value the slope is typically 3, where it should be 1.
STEEP = 4
_MEDIANS = "in the median over the last third of losses.csv"


def critic(estimate: Curve, losses: pd.DataFrame, curves: Sequence[Curve], advice: Advice) -> Finding:
    """Judge a critic by its estimate of the distance and, if there is one, its gradient penalty.

    Args:
        estimate: the curve of the estimate.
        losses: the rows of `losses.csv`.
        curves: the curves, one for each column.
        advice: the changes to suggest.
    """
    _, before, last = (row for _, row in thirds(losses).iterrows())
    penalty = next(iter(having(curves, "penalty", estimate.player)), None)
    if penalty and last[penalty.key] >= STEEP:
        return _steep(penalty, last[penalty.key], advice)
    if last[estimate.key] <= 0:
        return _lost(estimate, last[estimate.key], advice)
    return _unjudged(estimate, before[estimate.key], last[estimate.key], penalty, last)


def _steep(penalty: Curve, value: float, advice: Advice) -> Finding:
    return Finding(
        Severity.DIVERGED,
        "critic too steep",
        f"In the last third of the run {penalty.key} was {number(value)}: the critic's answers change much faster than "
        "its pictures, so they are no distance, and the generator's gradients are too large.",
        f"A critic is too steep if, {_MEDIANS}, {penalty.key} is at least {STEEP}. It is the mean of (slope - 1)², and "
        "the slope should be 1.",
        change(advice.held_critic()),
    )


def _lost(estimate: Curve, value: float, advice: Advice) -> Finding:
    return Finding(
        Severity.JUDGE_LOSES,
        "generator dominates",
        f"In the last third of the run {estimate.key} was {number(value)}: the critic gives generated pictures no "
        "worse answers than real ones, and teaches the generator little. But perfect pictures would have the same "
        "curve, so look at the samples.",
        f"The generator dominates if, {_MEDIANS}, {estimate.key} is at most 0.",
        change(advice.stronger_judge()),
    )


def _unjudged(estimate: Curve, before: float, now: float, penalty: Curve | None, last: "pd.Series[float]") -> Finding:
    """Say what the estimate shows, and what it does not."""
    course = "fell" if now < before else "rose"
    slope = f", and {penalty.key} was {number(last[penalty.key])}" if penalty else ""
    rule = (
        f"The critic would be too steep if, {_MEDIANS}, {penalty.key} were at least {STEEP}. "
        if penalty
        else "There is no gradient penalty, so the slope of the critic is not measured. "
    )
    return Finding(
        Severity.NOT_JUDGED,
        "balance not judged",
        f"The critic's estimate of the distance {course} from {number(before)} in the middle third of the run to "
        f"{number(now)} in the last{slope}. A falling estimate goes with better pictures only while the critic keeps "
        "up; its size does not say who dominates, and a critic has no accuracy. Look at the samples.",
        f"{rule}The generator would dominate if {estimate.key} were at most 0. Between these nothing is judged.",
        change([]),
    )
