"""Which of two players wins: the one that judges pictures, or the one that makes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pix2pix.training.curves import Curve, having, judges
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.critic import critic
from pix2pix.training.health.finding import FEWEST_ROWS, Finding, Severity, last_third, number, thirds

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
        """The name of the player that judges, for people."""
        return said(self.loss.player)

    @property
    def maker(self) -> str:
        """The name of the player that makes pictures, for people."""
        return said(self.persuasions[0].player)

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


def said(player: str) -> str:
    """Return the name of a player for people: `back generator`."""
    return player.replace("_", " ")


def duels(curves: Sequence[Curve]) -> list[Duel]:
    """Return, for each player that judges, the curves that show who wins; none for one of unknown neutral value.

    If as many players try to convince as players judge, each faces one, in the order of their curves. Otherwise all try
    to convince each of those that judge.
    """
    persuasions, judging = having(curves, "persuasion"), judges(curves)
    makers = list(dict.fromkeys(curve.player for curve in persuasions))
    faced = [[each] for each in makers] if len(makers) == len(judging) else [makers] * len(judging)
    return [
        Duel(
            losses[0],
            having(curves, "term", player),
            having(curves, "accuracy", player),
            [each for each in persuasions if each.player in facing],
        )
        for player, facing in zip(judging, faced, strict=True)
        if facing and (losses := [each for each in having(curves, "loss", player) if each.neutral is not None])
    ]


def named(curve: Curve) -> str:
    """Write the neutral value as people do."""
    return curve.neutral_name or number(curve.neutral or 0)


def balances(losses: pd.DataFrame, curves: Sequence[Curve], advice: Advice) -> list[Finding]:
    """Judge which player wins, for each player that judges; nothing for a system in which nobody judges pictures.

    Args:
        losses: the rows of `losses.csv`.
        curves: the curves, one for each column.
        advice: the changes to suggest.
    """
    known = {players.loss.player: players for players in duels(curves)}
    estimates = {each.player: each for each in having(curves, "estimate")}
    if (known or estimates) and len(losses) < FEWEST_ROWS:
        return [_too_short(len(losses), advice)]

    def judged(player: str) -> Finding:
        if player in estimates:
            return critic(estimates[player], losses, curves, advice)
        return _balance(known[player], losses, advice) if player in known else _not_judged(losses, curves, player)

    return [judged(player) for player in judges(curves)]


def _balance(players: Duel, losses: pd.DataFrame, advice: Advice) -> Finding:
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
        f"the {said(each.player)}'s {each.caption.line} was {number(last[each.key])}{_beside(each)}"
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


def _not_judged(losses: pd.DataFrame, curves: Sequence[Curve], player: str) -> Finding:
    """Say that a loss without a neutral value does not show whether this player wins."""
    key = having(curves, "loss", player)[0].key
    last = last_third(losses)
    right = _right(having(curves, "accuracy", player), last)
    name = said(player)
    return Finding(
        Severity.NOT_JUDGED,
        "balance not judged",
        f"The size of {key} does not say whether the {name} dominates, because it has no neutral value. In "
        f"the last third of the run the {name} told apart {right}. Look at the samples.",
        f"Who dominates, and whether adversarial losses have diverged, is judged by multiples of the loss of a "
        f"{name} that cannot decide. {key} has no such value.",
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
