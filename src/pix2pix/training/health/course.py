"""Whether the pictures of the pairs put aside become better or worse."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pix2pix.training.curves import Curve, having, judge
from pix2pix.training.health.advice import Advice, change
from pix2pix.training.health.finding import Finding, Severity, number
from pix2pix.training.watched import Watched

# The course is read from means over a tenth of the measurements, but at least over this many.
SPAN = 5
# A difference counts if it exceeds `_MATTERS` of the value, and `NOISE` standard errors. The second is that large
# because the best of many means is selected.
_MATTERS, NOISE = 0.02, 3
# The name of the column that is measured on the training pairs.
TRAINING = "training"


@dataclass(frozen=True)
class Words:
    """The words for a measure, which depend on whether it should fall or rise.

    Attributes:
        measure: the name of the measure.
        best: the best value, `lowest` or `highest`.
        turned: the change for the worse, `risen` or `fallen`.
        beyond: the place of a better span, `below` or `above`.
        improves: the change for the better, `falls` or `rises`.
        training: the name of the same figure on the training pairs; None if there is none.
    """

    measure: str
    best: str
    turned: str
    beyond: str
    improves: str
    training: str | None

    @property
    def overfits(self) -> str:
        """The rule by which a training overfits, in words."""
        learns = f", while {self.training} has fallen" if self.training else ""
        return (
            f"validation {self.measure} is {self.best} in a span that ends before the last span begins, and has "
            f"{self.turned} since then{learns}"
        )

    @property
    def goes_on(self) -> str:
        """The rule by which a training still improves, in words."""
        return (
            f"validation {self.measure} is {self.best} in a span that overlaps the last span, and is {self.beyond} the "
            "span before it in the last span"
        )


def words(lead: Watched, training: str | None) -> Words:
    """Return the words for the first measure, which decides."""
    if lead.higher_is_better:
        return Words(lead.short, "highest", "fallen", "above", "rises", training)
    return Words(lead.short, "lowest", "risen", "below", "falls", training)


@dataclass(frozen=True)
class Course:
    """Means over spans of measurements, for the columns of `validation.csv` and, if there is one, for `TRAINING`.

    Attributes:
        span: the number of measurements in a span.
        every: the number of epochs from one measurement to the next.
        epoch: the epoch of the measurement in the middle of the best span.
        early: whether the best span ends before the last span begins.
        best: the means of the best span.
        before: the means of the span before the last span.
        last: the means of the last span.
        noise: the largest difference, for each column, that means nothing.
        column: the column of the measure that decides.
        sign: 1 if a rise of this column is a change for the worse, otherwise -1.
    """

    span: int
    every: int
    epoch: int
    early: bool
    best: "pd.Series[float]"
    before: "pd.Series[float]"
    last: "pd.Series[float]"
    noise: "pd.Series[float]"
    column: str
    sign: int

    @property
    def epochs(self) -> int:
        """The number of epochs in a span."""
        return self.span * self.every

    @property
    def overfits(self) -> bool:
        """Whether the measure was better before, while the figure on the training pairs still falls."""
        if TRAINING not in self.last:
            return False
        rise = self.last - self.best
        learns = -rise[TRAINING] > self.noise[TRAINING]
        return bool(self.early and learns and self.sign * rise[self.column] > self.noise[self.column])

    @property
    def improves(self) -> bool:
        """Whether the measure is at its best now, and better than a span ago."""
        gain = self.sign * (self.before - self.last)[self.column]
        return bool(not self.early and gain > self.noise[self.column])


def measured(validation: pd.DataFrame, training: "pd.Series[float] | None", lead: Watched) -> Course:
    """Compute the course of a training.

    Args:
        validation: the rows of `validation.csv`, at least `2 * SPAN`.
        training: a figure on the training pairs that should fall, by epoch; None if there is none.
        lead: the measure that decides.
    """
    span = max(SPAN, len(validation) // 10)
    table = validation.set_index("epoch")
    if training is not None:
        table[TRAINING] = training
    means = table.rolling(span).mean().dropna()  # the first mean is over the first `span` rows
    column, sign = f"validation_{lead.key}", -1 if lead.higher_is_better else 1
    best = int((sign * means[column]).argmin())
    # The median change between neighbouring rows estimates the error of one row: it is 0.95 of it for independent
    # normal noise.
    error = NOISE * math.sqrt(2 / span) * table.diff().abs().median()
    return Course(
        span=span,
        every=_every(validation),
        epoch=int(table.index[best + span // 2]),
        early=best + span < len(means),
        best=means.iloc[best],
        before=means.iloc[-1 - span],
        last=means.iloc[-1],
        noise=error.clip(lower=_MATTERS * means.abs().min()),
        column=column,
        sign=sign,
    )


def _every(validation: pd.DataFrame) -> int:
    """Return the number of epochs from one row to the next, and to the first one; the last row may follow sooner."""
    return int(validation["epoch"].diff().fillna(validation["epoch"]).max())


def _counterpart(curves: Sequence[Curve], lead: Watched) -> tuple[Curve, str] | None:
    """Return the curve on the training pairs that is comparable to a measure of the pairs put aside, and its name.

    It is the same measure, or the loss of the only player; None if there is neither.
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
    """Judge whether a training improves, overfits, or does neither.

    Args:
        losses: the rows of `losses.csv`.
        validation: the rows of `validation.csv`, at least one.
        curves: the curves, one for each column of `losses`.
        watched: the measures of the examples put aside, at least one; the first one decides.
        advice: the changes to suggest.
    """
    if len(validation) < 2 * SPAN:
        return _too_short(validation, advice)
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
            f" With a {player}, pictures may become sharper although {say.measure} does not {say.improves[:-1]}: "
            "compare the samples."
        )
    return _overfits(found, say, turned, advice, lead) if found.overfits else _level(found, say, turned, advice)


def _turned(found: Course, say: Words, others: Sequence[Watched]) -> str:
    """Say how the measures have changed since the best span."""
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


def _margin(found: Course) -> str:
    measurements = "" if found.every == 1 else f", the measurements of {found.epochs} epochs"
    unit, next_to = ("epochs", "epochs") if found.every == 1 else ("rows of validation.csv", "rows")
    return (
        f"Each span has {found.span} {unit} (a tenth of all, at least {SPAN}){measurements}, and its mean counts. A "
        f"difference counts if it exceeds {_MATTERS:.0%} and the noise, which is {NOISE}√(2/{found.span}) times the "
        f"median change between neighbouring {next_to}."
    )


def not_validated(example: str, paired: bool) -> Finding:
    """Say that nothing was measured after each epoch, and why.

    Args:
        example: the word for an example.
        paired: whether the inputs of the data set have targets that belong to them.
    """
    unseen = "so overfitting would not be seen"
    if paired:
        words = f"No {example}s were put aside to measure after each epoch, {unseen}."
        cure = f"Set data.selection_split: val, or train:40 for 40 {example}s taken out of training."
    else:
        words = f"The data set has no pairs: no picture could be compared with a target after each epoch, {unseen}."
        cure = "Compare the samples of the epochs."
    return Finding(Severity.NOT_VALIDATED, "not validated", words, "validation.csv has no rows.", cure)


def _too_short(validation: pd.DataFrame, advice: Advice) -> Finding:
    epochs, every = int(validation["epoch"].max()), _every(validation)
    return Finding(
        Severity.TOO_SHORT,
        "too short to tell",
        f"There are too few epochs ({epochs}) to see whether the training still improves or overfits.",
        f"validation.csv has fewer than {2 * SPAN} rows.",
        change(advice.epochs(2 * SPAN * every)),
    )


def _overfits(found: Course, say: Words, turned: str, advice: Advice, lead: Watched) -> Finding:
    return Finding(
        Severity.OVERFITTING,
        f"overfitting from epoch {found.epoch}",
        turned,
        f"A training overfits if {say.overfits}. {_margin(found)}",
        change(advice.less_fitting(found.epoch, lead.key)),
    )


def _improves(found: Course, say: Words, advice: Advice) -> Finding:
    before, last = number(found.before[found.column]), number(found.last[found.column])
    return Finding(
        Severity.IMPROVING,
        "still improving",
        f"Validation {say.measure} was {last} over the last {found.epochs} epochs and {before} over the "
        f"{found.epochs} before.",
        f"A training still improves if {say.goes_on}. {_margin(found)}",
        change(advice.more_epochs(2)),
    )


def _level(found: Course, say: Words, turned: str, advice: Advice) -> Finding:
    return Finding(
        Severity.LEVEL,
        f"{say.measure} no longer {say.improves}",
        turned,
        f"It would still improve if {say.goes_on}. It would overfit if {say.overfits}. {_margin(found)}",
        change(advice.falling_steps()),
    )
