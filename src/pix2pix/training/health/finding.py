"""One thing that the curves of a training say."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pandas as pd

# Rows of losses below which their thirds say nothing.
FEWEST_ROWS = 12


class Severity(IntEnum):
    """Kinds of findings, the most serious first."""

    DIVERGED = 1
    JUDGE_WINS = 2
    JUDGE_LOSES = 3
    OVERFITTING = 4
    IMPROVING = 5
    BALANCED = 6
    LEVEL = 7
    NOT_VALIDATED = 8
    TOO_SHORT = 9


@dataclass(frozen=True)
class Finding:
    """One thing that the curves say.

    Attributes:
        severity: its kind.
        name: what people call it: `balanced`, `overfitting from epoch 31`.
        words: a sentence or two with the numbers of the run.
        rule: when this is said.
        change: what to change in `params.yaml`.
    """

    severity: Severity
    name: str
    words: str
    rule: str
    change: str

    def told(self) -> dict[str, str]:
        """All but the severity, as `health.json` has it."""
        return {"name": self.name, "words": self.words, "rule": self.rule, "change": self.change}


def thirds(losses: pd.DataFrame) -> pd.DataFrame:
    """The median of each column over the first, middle and last third of the rows: rows 0, 1, 2."""
    return losses.groupby(np.arange(len(losses)) * 3 // len(losses)).median()


def number(value: float) -> str:
    """Three significant digits; large numbers have no decimals: 0.0312, 1.39, 15,310."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
