"""The verdict on the curves of a training: does a network dominate or collapse, has it diverged, or more to learn?

The verdict names no loss. The table of curves gives each curve's player and role, and its value while the judging
player cannot decide. The thresholds are this project's own. A discriminator that is ahead is usual and no fault:
on real façades pix2pix's settles at about half of neutral. Gradient norms decide nothing, because the generator's
gradient does not vanish with the loss of pix2pix, -log D(generated), however sure the discriminator is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pix2pix.training.curves import Curve
from pix2pix.training.health.advice import Advice
from pix2pix.training.health.balance import balances
from pix2pix.training.health.collapse import collapse
from pix2pix.training.health.course import course, not_validated
from pix2pix.training.health.divergence import divergence
from pix2pix.training.health.lone import lone
from pix2pix.training.watched import Watched


def health(
    losses: pd.DataFrame,
    validation: pd.DataFrame,
    curves: Sequence[Curve],
    watched: Sequence[Watched],
    asked: Mapping[str, Any],
    example: str = "pair",
    paired: bool = True,
) -> dict[str, Any]:
    """Judge the curves of a run.

    Args:
        losses: the rows of `reports/training/losses.csv`, in order; all values are finite.
        validation: the rows of `reports/training/validation.csv`, one for each epoch; none if nothing was measured.
        curves: the curves, one for each column of `losses`.
        watched: the measures of the examples put aside; the first one decides whether training improves.
        asked: the parameters of this training by path, such as `train.epochs`; the advice may change them.
        example: the word for an example.
        paired: whether the inputs of the data set have targets that belong to them.

    Returns:
        `verdict`, which is the name of the most serious finding, and `findings`, the most serious first. Each finding
        has `name`, `words`, `rule` and `change`; see `Finding`.
    """
    advice = Advice(asked)
    diverged = divergence(losses, curves, watched, advice)
    collapsed = collapse(validation, watched, advice)
    measured = not validation.empty and watched
    then = course(losses, validation, curves, watched, advice) if measured else not_validated(example, paired)
    others = [*balances(losses, curves, advice), then]
    alone = lone(losses, validation, curves, watched, advice)
    found = [diverged] if diverged else [*([collapsed] if collapsed else []), *alone, *others]
    findings = sorted(found, key=lambda finding: finding.severity)
    return {"verdict": findings[0].name, "findings": [finding.told() for finding in findings]}


def line(told: Mapping[str, Any]) -> str:
    """Write the result of `health` as a line for a log: the verdict with its words, and the names of other findings."""
    first, *others = told["findings"]
    names = [
        finding["name"] for finding in others if finding["name"] != first["name"]
    ]  # two findings may have one name
    also = f" Also: {', '.join(names)}." if names else ""
    return f"training health: {first['name']}. {first['words']}{also}"
