"""What the curves of a training mean, in words: who wins, has it diverged, does it overfit, is it worth going on?

Nothing is measured here, and no loss is named: the table of curves says whose a curve is, what it tells, and what value
it has while the player that judges cannot decide. The thresholds are ours. A discriminator that is ahead is usual for
pix2pix and no illness: on real façades its loss settles at about half of neutral. Gradient norms decide nothing: with
the loss of pix2pix, -log D(generated), that of the generator does not vanish when it is found out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pix2pix.training.curves import Curve
from pix2pix.training.health.advice import Advice
from pix2pix.training.health.balance import balance
from pix2pix.training.health.course import course
from pix2pix.training.health.divergence import divergence
from pix2pix.training.watched import Watched


def health(
    losses: pd.DataFrame,
    validation: pd.DataFrame,
    curves: Sequence[Curve],
    watched: Sequence[Watched],
    asked: Mapping[str, Any],
) -> dict[str, Any]:
    """What the curves of a run mean.

    Args:
        losses: as in `reports/training/losses.csv`, in order; finite.
        validation: as in `reports/training/validation.csv`, a row an epoch; no rows where nothing was set aside.
        curves: the table of the columns of `losses`.
        watched: the measures of the pairs put aside; the first one decides whether training improves.
        asked: the parameters of this training by path, which the advice may change: `train.epochs`.

    Returns:
        `verdict`, the name of the most serious finding, and `findings`, the most serious first, each with its `name`,
        `words`, `rule` and `change`; see `Finding`.
    """
    advice = Advice(asked)
    diverged = divergence(losses, curves, watched, advice)
    others = [balance(losses, curves, advice), course(losses, validation, curves, watched, advice)]
    found = [finding for finding in ([diverged] if diverged else others) if finding is not None]
    findings = sorted(found, key=lambda finding: finding.severity)
    return {"verdict": findings[0].name, "findings": [finding.told() for finding in findings]}


def line(told: Mapping[str, Any]) -> str:
    """What `health` says as a line of a log: the verdict with its words, and the names of the other findings."""
    first, *others = told["findings"]
    names = [finding["name"] for finding in others if finding["name"] != first["name"]]  # it may be said of two things
    also = f" Also: {', '.join(names)}." if names else ""
    return f"training health: {first['name']}. {first['words']}{also}"
