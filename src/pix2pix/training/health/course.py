"""Whether the pictures of the pairs put aside become better or worse."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pix2pix.training.curves import Curve, having, judge
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.finding import Finding, Severity, number
from pix2pix.training.watched import Watched

# The course is read from means over a tenth of the epochs, and at least over these.
SPAN = 5
# Differences that are worth a word: relative; in standard errors, as many since one mean is the best of all.
_MATTERS, NOISE = 0.02, 3
# The column of what is measured while training.
TRAINING = "training"


@dataclass(frozen=True)
class Words:
    """What people say of a measure that should fall, or rise.

    Attributes:
        measure: its name.
        best, turned, beyond, improves: how it is at its best, how it has become worse, where a better span lies, and
            what it does when all is well.
        training: the name of its counterpart while training; None if there is none.
    """

    measure: str
    best: str
    turned: str
    beyond: str
    improves: str
    training: str | None

    @property
    def overfits(self) -> str:
        """When a training overfits."""
        learns = f", and {self.training} fell" if self.training else ""
        return (
            f"validation {self.measure} is {self.best} in a span that ends before the last one begins, has "
            f"{self.turned} since{learns}"
        )

    @property
    def goes_on(self) -> str:
        """When a training still improves."""
        return (
            f"validation {self.measure} is {self.best} in a span that overlaps the last one, which is {self.beyond} "
            "the one before it"
        )


def words(lead: Watched, training: str | None) -> Words:
    """The words for the measure that leads."""
    if lead.higher_is_better:
        return Words(lead.short, "highest", "fallen", "above", "rises", training)
    return Words(lead.short, "lowest", "risen", "below", "falls", training)


@dataclass(frozen=True)
class Course:
    """Means over spans of epochs: of the columns of `validation.csv`, and of `TRAINING` where there is a counterpart.

    Attributes:
        span: epochs that a mean is taken over.
        epoch: the middle of the best span.
        early: the best span ends before the last one begins.
        best, before, last: the means of the best span, of the one before the last, of the last.
        noise: differences up to this mean nothing.
        column: of the measure that leads.
        sign: of a change of it that is for the worse.
    """

    span: int
    epoch: int
    early: bool
    best: "pd.Series[float]"
    before: "pd.Series[float]"
    last: "pd.Series[float]"
    noise: "pd.Series[float]"
    column: str
    sign: int

    @property
    def overfits(self) -> bool:
        """It was better before, and the training pairs are learned ever better."""
        if TRAINING not in self.last:
            return False
        rise = self.last - self.best
        learns = -rise[TRAINING] > self.noise[TRAINING]
        return bool(self.early and learns and self.sign * rise[self.column] > self.noise[self.column])

    @property
    def improves(self) -> bool:
        """It is better than ever, and than a span ago."""
        gain = self.sign * (self.before - self.last)[self.column]
        return bool(not self.early and gain > self.noise[self.column])


def measured(validation: pd.DataFrame, training: "pd.Series[float] | None", lead: Watched) -> Course:
    """The course of a training.

    Args:
        validation: the rows of `validation.csv`; `2 * SPAN` of them or more.
        training: by epoch, what is measured while training and should fall; None if there is nothing of the kind.
        lead: the measure that decides.
    """
    span = max(SPAN, len(validation) // 10)
    table = validation.set_index("epoch")
    if training is not None:
        table[TRAINING] = training
    means = table.rolling(span).mean().dropna()  # the first is that of epochs 1 … span
    column, sign = f"validation_{lead.key}", -1 if lead.higher_is_better else 1
    best = int((sign * means[column]).argmin())
    # The error of one epoch is about the median change to the next, which is 0.95 of it for independent normal noise.
    error = NOISE * math.sqrt(2 / span) * table.diff().abs().median()
    return Course(
        span=span,
        epoch=1 + best + span // 2,
        early=best + span < len(means),
        best=means.iloc[best],
        before=means.iloc[-1 - span],
        last=means.iloc[-1],
        noise=error.clip(lower=_MATTERS * means.abs().min()),
        column=column,
        sign=sign,
    )


def _counterpart(curves: Sequence[Curve], lead: Watched) -> tuple[Curve, str] | None:
    """The curve that shows while training what a measure shows afterwards, and what it is called.

    It is the same measure of the training pairs, or the loss of a player that is alone; None if there is neither.
    """
    same = [curve for curve in having(curves, "distance") if curve.measure == lead.key]
    if same:
        return same[0], f"training {lead.short}"
    alone = having(curves, "loss") if len({curve.player for curve in curves}) == 1 else []
    return (alone[0], "the training loss") if alone else None


def course(
    losses: pd.DataFrame,
    validation: pd.DataFrame,
    curves: Sequence[Curve],
    watched: Sequence[Watched],
    advice: Advice,
) -> Finding:
    """Whether a training improves, overfits, or neither.

    Args:
        losses: the rows of `losses.csv`.
        validation: the rows of `validation.csv`.
        curves: the table of the columns of `losses`.
        watched: the measures of the pairs put aside; the first one decides.
        advice: what can be changed.
    """
    if validation.empty or not watched:
        return _not_validated()
    if len(validation) < 2 * SPAN:
        return _too_short(len(validation), advice)
    lead, others = watched[0], watched[1:]
    while_training = _counterpart(curves, lead)
    curve, name = while_training or (None, None)
    training = None if curve is None else losses.groupby("epoch")[curve.key].mean() * curve.factor
    found, say = measured(validation, training, lead), words(lead, name)
    if found.improves:
        return _improves(found, say, advice)
    turned = _turned(found, say, others)
    if player := judge(curves):
        turned += (
            f" With a {player} pictures may gain in sharpness while {say.measure} does not {say.improves[:-1]}: "
            "compare the samples."
        )
    return _overfits(found, say, turned, advice, lead) if found.overfits else _level(found, say, turned, advice)


def _turned(found: Course, say: Words, others: Sequence[Watched]) -> str:
    """How far it has come since the best span."""
    best, last = found.best.map(number), found.last.map(number)
    columns = {say.training: TRAINING} if say.training else {}
    columns |= {f"validation {other.short}": f"validation_{other.key}" for other in others}
    moves = [f"from {best[column]} to {last[column]}" for column in columns.values()]
    first, *rest = [f"{name} {move}" for name, move in zip(columns, moves, strict=True)] or [""]
    meanwhile = f"; meanwhile {first.replace(' from', ' went from', 1)}" if first else ""
    return (
        f"Validation {say.measure} was {say.best} around epoch {found.epoch} ({best[found.column]}) and is "
        f"{last[found.column]} at the end{meanwhile}{''.join(f', and {each}' for each in rest)}."
    )


def _margin(found: Course, say: Words) -> str:
    return (
        f"{say.measure} is taken in means over spans of {found.span} epochs (a tenth of all, at least {SPAN}); a "
        f"difference counts above {_MATTERS:.0%} and above the noise, {NOISE}√(2/{found.span}) times the median "
        "change between neighbouring epochs."
    )


def _not_validated() -> Finding:
    return Finding(
        Severity.NOT_VALIDATED,
        "not validated",
        "No pairs were set aside to look at while training, so overfitting would not be seen.",
        "validation.csv has no rows.",
        "Set data.selection_split: val, or train:40 for 40 pairs taken out of training.",
    )


def _too_short(epochs: int, advice: Advice) -> Finding:
    return Finding(
        Severity.TOO_SHORT,
        "too short to tell",
        f"Whether it still improves or overfits cannot be read from so few epochs ({epochs}).",
        f"validation.csv has fewer than {2 * SPAN} rows.",
        change(advice.epochs(2 * SPAN)),
    )


def _overfits(found: Course, say: Words, turned: str, advice: Advice, lead: Watched) -> Finding:
    return Finding(
        Severity.OVERFITTING,
        f"overfitting from epoch {found.epoch}",
        turned,
        f"It overfits when {say.overfits}. {_margin(found, say)}",
        change(advice.less_fitting(found.epoch, lead.key)),
    )


def _improves(found: Course, say: Words, advice: Advice) -> Finding:
    before, last = number(found.before[found.column]), number(found.last[found.column])
    return Finding(
        Severity.IMPROVING,
        "still improving",
        f"Validation {say.measure} was {last} over the last {found.span} epochs and {before} over the {found.span} "
        "before.",
        f"It still improves when {say.goes_on}. {_margin(found, say)}",
        change(advice.more_epochs(2)),
    )


def _level(found: Course, say: Words, turned: str, advice: Advice) -> Finding:
    return Finding(
        Severity.LEVEL,
        f"{say.measure} no longer {say.improves}",
        turned,
        f"It neither improves, as when {say.goes_on}; nor overfits, as when {say.overfits}. {_margin(found, say)}",
        change(advice.falling_steps()),
    )
