"""The finding that a generator makes hardly more than one picture, whatever its noise is (mode collapse)."""

from collections.abc import Sequence

import pandas as pd

from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.finding import Finding, Severity, last_third, number
from pix2pix.training.watched import Watched, column

# The measure of how much the generated pictures differ from one another, as a multiple of how much real ones do.
SPREAD = "spread"
# A generator has collapsed if the median over the last third of the epochs is at most this. Fewer epochs tell nothing.
COLLAPSED, FEWEST_EPOCHS = 0.5, 6


def collapse(validation: pd.DataFrame, watched: Sequence[Watched], advice: Advice) -> Finding | None:
    """Judge whether a generator has collapsed; None if not, or if its spread was not measured.

    Args:
        validation: the rows of `validation.csv`.
        watched: the measures that were taken after each epoch.
        advice: the changes to suggest.
    """
    measure = next((each for each in watched if each.key == SPREAD), None)
    if measure is None or len(validation) < FEWEST_EPOCHS:
        return None
    spread = float(last_third(validation)[column(measure)])
    if spread > COLLAPSED:
        return None
    return Finding(
        Severity.COLLAPSED,
        "mode collapse",
        f"In the last third of the run the generated pictures differed from one another {number(spread)} times as much "
        "as real ones do: the generator makes few pictures, whatever its noise is.",
        f"A generator has collapsed if, in the median over the last third of the epochs, {column(measure)} is at most "
        f"{COLLAPSED}. It is the mean L1 of all pairs of generated pictures from fixed noise, divided by that of real "
        "pictures.",
        change(advice.more_variety()),
    )
