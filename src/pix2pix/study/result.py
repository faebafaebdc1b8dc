"""What a study came to: how often people took the real picture for the generated one.

The share is over the scored trials of the participants who went through to the end, with the bootstrap interval over
participants: what it would be with other people. 50% is what guessing gives, pictures that cannot be told apart; the
paper's "labeled real".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.evaluation.intervals import bounded
from pix2pix.study.store import Row, Study

# A picture that was on the screen for a time further from the protocol's was not seen as the others were.
TOLERANCE_MS = 100
# An interval over fewer participants would be a point, and mislead.
FEWEST = 2


@dataclass(frozen=True)
class Result:
    """The result of one study.

    Attributes:
        fingerprint, pictures: whose it is; see `store.Study`.
        participants: those who went through to the end and have a trial that counts.
        unfinished: those who did not, and do not count.
        trials: that count.
        interrupted: scored trials of those participants that were begun and left, without an answer.
        mistimed: those answered, but with a picture on the screen `TOLERANCE_MS` longer or shorter than it should be.
        fooled: the share of the trials in which the real picture was named, 0 … 1; None without any.
        fooled_low, fooled_high: its 95% interval; None of fewer than `FEWEST` participants.
        answer_s: the median time to answer, in seconds; None without any.
        images: a row a pair: `pair`, `trials`, `fooled` of them, and their `share`; the most deceptive first.
    """

    fingerprint: str
    pictures: str
    participants: int
    unfinished: int
    trials: int
    interrupted: int
    mistimed: int
    fooled: float | None
    fooled_low: float | None
    fooled_high: float | None
    answer_s: float | None
    images: list[dict[str, Any]]

    def scores(self) -> dict[str, float]:
        """What there is of the figures, as MLflow is told of them."""
        names = ("fooled", "fooled_low", "fooled_high", "participants")
        return {f"study_{name}": float(value) for name in names if (value := getattr(self, name)) is not None}

    def table(self) -> str:
        """The rows of the pairs as CSV."""
        columns = ["pair", "trials", "fooled", "share"]
        return pd.DataFrame(self.images, columns=columns).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def result(study: Study, rows: Sequence[Row]) -> Result:
    """The result of a study from all its rows."""
    sessions: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        sessions[row.participant].append(row)
    ended = [session for session in sessions.values() if len(session) == study.protocol.trials]
    scored = [[row for row in session if not row.practice] for session in ended]
    counted = [[row for row in session if _counts(row, study)] for session in scored]
    kept = [session for session in counted if session]
    trials = [row for session in kept for row in session]
    answered = sum(row.chosen is not None for session in scored for row in session)
    times = [row.took_ms for row in trials if row.took_ms is not None]
    shares: dict[str, float] = _shares(kept) if kept else {}
    return Result(
        fingerprint=study.fingerprint,
        pictures=study.pictures,
        participants=len(kept),
        unfinished=len(sessions) - len(ended),
        trials=len(trials),
        interrupted=sum(map(len, scored)) - answered,
        mistimed=answered - len(trials),
        fooled=shares.get("fooled"),
        fooled_low=shares.get("fooled_low"),
        fooled_high=shares.get("fooled_high"),
        answer_s=float(np.median(times)) / 1000 if times else None,
        images=_images(trials),
    )


def as_json(results: Sequence[Result]) -> dict[str, Any]:
    """All results, as a JSON file holds them."""
    return {"studies": [asdict(each) for each in results]}


def shown(results: Sequence[Result]) -> str:
    """A table for people."""
    rows = [
        {
            "model": each.fingerprint,
            "fooled": "-" if each.fooled is None else f"{each.fooled:.1%}",
            "95% interval": "-" if each.fooled_low is None else f"[{each.fooled_low:.1%}, {each.fooled_high:.1%}]",
            "participants": each.participants,
            "unfinished": each.unfinished,
            "trials": each.trials,
            "interrupted": each.interrupted,
            "mistimed": each.mistimed,
        }
        for each in results
    ]
    words = "fooled: the share of trials in which the real picture was named; 50% is what guessing gives"
    return f"{pd.DataFrame(rows).to_string(index=False)}\n{words}"


def _counts(row: Row, study: Study) -> bool:
    """Whether a trial was answered, after both pictures were on the screen for as long as they should be."""
    wanted = study.protocol.exposure_ms
    return row.exposures_ms is not None and all(abs(each - wanted) <= TOLERANCE_MS for each in row.exposures_ms)


def _fooled(row: Row) -> bool:
    return row.chosen != row.fake


def _shares(sessions: Sequence[Sequence[Row]]) -> dict[str, float]:
    """The share of the trials that fooled, with its interval where that says something."""
    counts = np.array([[sum(map(_fooled, session)), len(session)] for session in sessions])
    found = bounded(counts, _share)
    return found if len(sessions) >= FEWEST else {"fooled": found["fooled"]}


def _share(total: NDArray[np.float64]) -> Mapping[str, float]:
    return {"fooled": total[0] / total[1]}


def _images(trials: Sequence[Row]) -> list[dict[str, Any]]:
    pairs: dict[str, list[bool]] = defaultdict(list)
    for row in trials:
        pairs[row.pair].append(_fooled(row))
    rows = [
        {"pair": pair, "trials": len(each), "fooled": sum(each), "share": sum(each) / len(each)}
        for pair, each in pairs.items()
    ]
    # By length first, which puts val/2 before val/10.
    return sorted(rows, key=lambda row: (-row["share"], -row["trials"], len(row["pair"]), row["pair"]))
