"""A finding: one statement about the curves of a training."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd

# The fewest rows of losses whose thirds mean anything.
FEWEST_ROWS = 12


class Severity(IntEnum):
    """Kinds of findings, the most serious first."""

    DIVERGED = 1
    COLLAPSED = 2
    JUDGE_WINS = 3
    JUDGE_LOSES = 4
    OVERFITTING = 5
    IMPROVING = 6
    BALANCED = 7
    LEVEL = 8
    NOT_JUDGED = 9
    NOT_VALIDATED = 10
    TOO_SHORT = 11


@dataclass(frozen=True)
class Finding:
    """One statement about the curves.

    Attributes:
        severity: the kind of finding.
        name: the name for people: `balanced`, `overfitting from epoch 31`.
        words: one or two sentences with the numbers of the run.
        rule: the rule behind the statement, in words.
        change: the change of `params.yaml` to try, in words.
    """

    severity: Severity
    name: str
    words: str
    rule: str
    change: str

    def told(self) -> dict[str, str]:
        """Return the finding without its severity, as `health.json` has it."""
        return {"name": self.name, "words": self.words, "rule": self.rule, "change": self.change}


def thirds(losses: pd.DataFrame) -> pd.DataFrame:
    """Return the median of each column over the first, middle and last third of the rows, as rows 0, 1 and 2."""
    return losses.groupby(np.arange(len(losses)) * 3 // len(losses)).median()


def last_third(rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the median of each column over the last third of the rows."""
    return thirds(rows).iloc[-1]


def number(value: float) -> str:
    """Write a number with three significant digits, a large one without decimals: 0.0312, 1.39, 15,310."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
