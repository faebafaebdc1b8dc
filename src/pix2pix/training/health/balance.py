"""Which of two players wins: the one that judges pictures, or the one that makes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pix2pix.training.curves import Curve, having, judge
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.finding import FEWEST_ROWS, Finding, Severity, number, thirds

# The judging player wins if its loss, as a multiple of neutral, is at most `_SURE`, and each accuracy at least `RIGHT`.
_SURE, RIGHT = 0.05, 0.98
# It loses if its loss, as a multiple of neutral, is at least `_UNSURE`, and the mean accuracy at most `_GUESSING`.
_UNSURE, _GUESSING = 0.95, 0.6
_MEDIANS = "in medians over the last third of losses.csv"


@dataclass(frozen=True)
class Duel:
    """The curves of a player that judges pictures, and of the players that make them.

    Attributes:
        loss: the loss of the player that judges; it has a neutral value.
        terms: the terms of this loss.
        accuracies: the accuracies of the player that judges.
        persuasions: the losses by which the other players learn to convince it.
    """

    loss: Curve
    terms: list[Curve]
    accuracies: list[Curve]
    persuasions: list[Curve]

    @property
    def judge(self) -> str:
        """The name of the player that judges."""
        return self.loss.player

    @property
    def maker(self) -> str:
        """The name of the player that makes pictures."""
        return self.persuasions[0].player

    @property
    def neutral(self) -> float:
        """The loss of a judging player that cannot decide."""
        assert self.loss.neutral is not None
        return self.loss.neutral

    @property
    def wins(self) -> str:
        """The rule by which the judging player wins, in words."""
        return (
            f"{self.loss.key} is at most {_SURE:.0%} of neutral, each accuracy is at least {RIGHT:.0%}, and "
            f"{_keys(self.persuasions)} is no lower than in the middle third"
        )

    @property
    def loses(self) -> str:
        """The rule by which the judging player loses, in words."""
        mean = "the mean of both accuracies" if len(self.accuracies) == 2 else "the mean of its accuracies"
        return (
            f"{self.loss.key} is at least {_UNSURE:.0%} of neutral and of its value in the middle third, and {mean} is "
            f"at most {_GUESSING:.0%}"
        )

    def defined(self) -> str:
        """Define the neutral value in words."""
        value = named(self.loss)
        if self.terms and all(term.neutral for term in self.terms):
            rule = "sum" if self.neutral > max(term.neutral or 0 for term in self.terms) else "mean"
            count = "two" if len(self.terms) == 2 else len(self.terms)
            value += f", the {rule} of {named(self.terms[0])} for each of its {count} terms"
        return f"Neutral, a {self.judge} that cannot decide, is {value}."


def duel(curves: Sequence[Curve]) -> Duel | None:
    """Return the curves that show who wins; None if no player judges, or if its neutral value is unknown."""
    player = judge(curves)
    losses = [curve for curve in having(curves, "loss", player) if curve.neutral is not None]
    persuasions = having(curves, "persuasion")
    if player is None or not losses or not persuasions:
        return None
    return Duel(losses[0], having(curves, "term", player), having(curves, "accuracy", player), persuasions)


def named(curve: Curve) -> str:
    """Write the neutral value as people do."""
    return curve.neutral_name or number(curve.neutral or 0)


def balance(losses: pd.DataFrame, curves: Sequence[Curve], advice: Advice) -> Finding | None:
    """Judge which player wins; None for a system in which nobody judges pictures.

    Args:
        losses: the rows of `losses.csv`.
        curves: the curves, one for each column.
        advice: the changes to suggest.
    """
    players = duel(curves)
    if players is None:
        return _not_judged(losses, curves)
    if len(losses) < FEWEST_ROWS:
        return _too_short(len(losses), advice)
    _, before, last = (row for _, row in thirds(losses).iterrows())
    seen = _seen(players, last)
    if _won(players, before, last):
        return _judge_wins(players, seen, advice)
    if _lost(players, before, last):
        return _judge_loses(players, seen, advice)
    ahead = last[players.loss.key] < _UNSURE * players.neutral
    usual = f" A {players.judge} that is ahead is usual." if ahead else ""
    return Finding(
        Severity.BALANCED,
        "balanced",
        seen + usual,
        f"Neither dominates. The {players.judge} would dominate if, {_MEDIANS}, {players.wins}. The {players.maker} "
        f"would dominate if {players.loses}. {players.defined()}",
        change([]),
    )


def _won(players: Duel, before: "pd.Series[float]", last: "pd.Series[float]") -> bool:
    sure = last[players.loss.key] <= _SURE * players.neutral
    right = min(last[each.key] for each in players.accuracies) >= RIGHT
    return sure and right and all(last[each.key] >= before[each.key] for each in players.persuasions)


def _lost(players: Duel, before: "pd.Series[float]", last: "pd.Series[float]") -> bool:
    key, accuracies = players.loss.key, [last[each.key] for each in players.accuracies]
    return last[key] >= _UNSURE * max(players.neutral, before[key]) and sum(accuracies) / len(accuracies) <= _GUESSING


def _seen(players: Duel, last: "pd.Series[float]") -> str:
    """Describe the medians of the last third in words."""
    right = _right(players.accuracies, last)
    persuasions = " and ".join(
        f"the {each.player}'s {each.caption.line} was {number(last[each.key])}{_beside(each)}"
        for each in players.persuasions
    )
    return (
        f"In the last third of the run the {players.judge}'s loss was {number(last[players.loss.key])}"
        f"{_beside(players.loss)}, and it was right on {right}; {persuasions}."
    )


def _right(accuracies: Sequence[Curve], last: "pd.Series[float]") -> str:
    """Say what share of what is judged right: `98% of the real and 90% of the generated patches`, or pictures."""
    right = " and ".join(f"{last[each.key]:.0%} of the {each.caption.line}" for each in accuracies)
    return right if all("pictures" in each.caption.line for each in accuracies) else f"{right} patches"


def _beside(curve: Curve) -> str:
    return "" if curve.neutral is None else f" (neutral: {number(curve.neutral)})"


def _keys(curves: Sequence[Curve]) -> str:
    return " and ".join(curve.key for curve in curves)


def _not_judged(losses: pd.DataFrame, curves: Sequence[Curve]) -> Finding | None:
    """Say that a loss without a neutral value shows nobody who wins; None if nobody judges pictures."""
    player = judge(curves)
    unknown = [curve.key for curve in having(curves, "loss", player) if player]
    if not unknown:
        return None
    last = losses.iloc[-max(len(losses) // 3, 1) :].median()
    right = _right(having(curves, "accuracy", player), last)
    return Finding(
        Severity.NOT_JUDGED,
        "balance not judged",
        f"The size of {unknown[0]} does not say whether the {player} dominates, because it has no neutral value. In "
        f"the last third of the run the {player} told apart {right}. Look at the samples.",
        f"Who dominates, and whether adversarial losses have diverged, is judged by multiples of the loss of a "
        f"{player} that cannot decide. {unknown[0]} has no such value.",
        change([]),
    )


def _too_short(rows: int, advice: Advice) -> Finding:
    return Finding(
        Severity.TOO_SHORT,
        "too short to tell",
        f"There are too few rows of losses ({rows}) to see which network wins.",
        f"losses.csv has fewer than {FEWEST_ROWS} rows, each of {advice.path('log_every')} steps.",
        change(advice.more_epochs(FEWEST_ROWS / rows)),
    )


def _judge_wins(players: Duel, seen: str, advice: Advice) -> Finding:
    return Finding(
        Severity.JUDGE_WINS,
        f"{players.judge} dominates",
        f"{seen} A {players.judge} that is so sure tells the {players.maker} that its pictures are bad, but hardly how "
        "to improve them.",
        f"The {players.judge} dominates if, {_MEDIANS}, {players.wins}. {players.defined()}",
        change(advice.weaker_judge()),
    )


def _judge_loses(players: Duel, seen: str, advice: Advice) -> Finding:
    return Finding(
        Severity.JUDGE_LOSES,
        f"{players.maker} dominates",
        f"{seen} A {players.judge} that guesses teaches the {players.maker} little. But perfect pictures would have "
        "the same curves, so look at the samples.",
        f"The {players.maker} dominates if, {_MEDIANS}, {players.loses}. {players.defined()}",
        change(advice.stronger_judge()),
    )
