"""The result of a study: how often people took the real picture for the generated one.

The share is over the scored trials of the participants who reached the end of their session. Its interval is a
jackknife over participants: it says how far the share would vary with other people. People who guess, because the
pictures cannot be told apart, are fooled in 50% of the trials. The paper calls the share "labeled real".
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pix2pix.evaluation.intervals import SHARE, bounded, too_few
from pix2pix.study.store import Showing, Study

# A trial does not count if one of its pictures was on the screen so much longer or shorter than the protocol says.
TOLERANCE_MS = 100


@dataclass(frozen=True)
class Result:
    """The result of one study.

    Attributes:
        fingerprint, pictures: see `store.Study`.
        participants: the number of people who reached the end and have a trial that counts.
        unfinished: the number of people who did not reach the end; they do not count.
        trials: the number of trials that count.
        interrupted: scored trials of people who reached the end that began, but were left without an answer.
        mistimed: scored trials with an answer, but with a picture on the screen more than `TOLERANCE_MS` too long or
            too short.
        fooled: the share of trials in which people named the real picture, 0 … 1; None without any trial.
        fooled_low, fooled_high: the 95% interval of the share, see `intervals`; None with fewer than
            `intervals.FEWEST` participants, or if all of them have the same share, which tells of no spread.
        answer_s: the median time to answer, in seconds; None without any trial.
        images: a dict a pair, the most deceptive pair first: `pair`, `trials`, `fooled` trials, and their `share`.
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
        """The figures that exist, by their names in MLflow."""
        names = ("fooled", "fooled_low", "fooled_high", "participants")
        return {f"study_{name}": float(value) for name in names if (value := getattr(self, name)) is not None}

    def table(self) -> str:
        """`images` as CSV."""
        columns = ["pair", "trials", "fooled", "share"]
        return pd.DataFrame(self.images, columns=columns).to_csv(index=False, float_format="%.6g", lineterminator="\n")


def result(study: Study, showings: Sequence[Showing]) -> Result:
    """The result of a study, from all its showings."""
    sessions: dict[int, list[Showing]] = defaultdict(list)
    for showing in showings:
        sessions[showing.participant].append(showing)
    ended = [session for session in sessions.values() if len(session) == study.protocol.trials]
    scored = [[showing for showing in session if not showing.practice] for session in ended]
    counted = [[showing for showing in session if _counts(showing, study)] for session in scored]
    kept = [session for session in counted if session]
    trials = [showing for session in kept for showing in session]
    answered = sum(showing.chosen is not None for session in scored for showing in session)
    times = [showing.took_ms for showing in trials if showing.took_ms is not None]
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
    """All results, ready for a JSON file."""
    return {"studies": [asdict(each) for each in results]}


def shown(results: Sequence[Result]) -> str:
    """A table for people."""
    rows = [
        {
            "model": each.fingerprint,
            "fooled": "-" if each.fooled is None else f"{each.fooled:.1%}",
            "95% interval": _interval(each),
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


def _interval(found: Result) -> str:
    """Return the interval of the share in words."""
    if found.fooled_low is not None:
        return f"[{found.fooled_low:.1%}, {found.fooled_high:.1%}]"
    return too_few(found.participants, "participants") or "all participants alike: no interval"


def _counts(showing: Showing, study: Study) -> bool:
    """Whether a trial was answered, and both its pictures were on the screen for the protocol's time."""
    wanted, times = study.protocol.exposure_ms, showing.exposures_ms
    return times is not None and all(abs(each - wanted) <= TOLERANCE_MS for each in times)


def _fooled(showing: Showing) -> bool:
    return showing.chosen != showing.fake


def _shares(sessions: Sequence[Sequence[Showing]]) -> dict[str, float]:
    """The share of trials that fooled, and its interval if participants are enough and differ."""
    counts = np.array([[sum(map(_fooled, session)), len(session)] for session in sessions])
    found = bounded(counts, _share, SHARE)
    return found if found.get("fooled_low") != found.get("fooled_high") else {"fooled": found["fooled"]}


def _share(total: NDArray[np.float64]) -> Mapping[str, float]:
    return {"fooled": total[0] / total[1]}


def _images(trials: Sequence[Showing]) -> list[dict[str, Any]]:
    pairs: dict[str, list[bool]] = defaultdict(list)
    for showing in trials:
        pairs[showing.pair].append(_fooled(showing))
    rows = [
        {"pair": pair, "trials": len(each), "fooled": sum(each), "share": sum(each) / len(each)}
        for pair, each in pairs.items()
    ]
    # By length first, which puts val/2 before val/10.
    return sorted(rows, key=lambda row: (-row["share"], -row["trials"], len(row["pair"]), row["pair"]))
