"""What the curves of a training mean, in words: who wins, has it diverged, does it overfit, is it worth going on?

Nothing is measured here. Neutral is a discriminator that says 1/2 to every patch (Goodfellow et al. 2014, section 4.1):
ln 2 for each cross-entropy, 2 ln 2 for the sum of its two terms. The thresholds are ours. A discriminator that is ahead
is usual for pix2pix and no illness: on real façades its loss settles at about half of neutral. Gradient norms decide
nothing: with the loss that pix2pix uses, -log D(generated), the generator's does not vanish when it is found out.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from pix2pix.params import Params

NEUTRAL = math.log(2)
# Rows of losses below which their thirds say nothing.
FEWEST_ROWS = 12
# The course of L1 is read from means over a tenth of the epochs, and at least over these.
SPAN = 5

# Diverged: the discriminator's loss in units of neutral; the generator's adversarial loss.
WRONG, EXPLODED = 5, 100
# Diverged: an L1 (0 to 1; flat grey has at most 0.5 from any picture); a rise above its lowest third; the λ from which
# on L1 is what the generator learns above all.
FAR, RISEN, WEIGHTY = 0.4, 1.5, 10
DIVERGED = (
    f"discriminator_loss is at least {WRONG} times neutral, or generator_gan at least {EXPLODED}; or, with loss l1 or "
    f"with λ of at least {WEIGHTY}, training L1 (0 to 1) is at least {FAR} and no lower than in the first row, or at "
    f"least {RISEN} times its lowest third"
)
# The discriminator has won: its loss in units of neutral, its accuracy on real and on generated patches.
SURE, RIGHT = 0.05, 0.98
WON = (
    f"discriminator_loss is at most {SURE:.0%} of neutral, each accuracy at least {RIGHT:.0%}, and generator_gan no "
    "lower than in the middle third"
)
# It has lost: its loss in units of neutral, the mean of both accuracies.
UNSURE, GUESSING = 0.95, 0.6
LOST = (
    f"discriminator_loss is at least {UNSURE:.0%} of neutral and of the middle third's, and the mean of both "
    f"accuracies at most {GUESSING:.0%}"
)
# Differences of L1 that are worth a word: relative; in standard errors, as many since one mean is the lowest of all.
MATTERS, NOISE = 0.02, 3
OVERFITS = (
    "validation L1 is lowest in a span that ends before the last one begins, has risen since, and training L1 fell"
)
IMPROVES = "validation L1 is lowest in a span that overlaps the last one, which is below the one before it"

# Names of findings, the most serious first.
ORDER = (
    "diverged",
    "discriminator dominates",
    "generator dominates",
    "overfitting",
    "still improving",
    "balanced",
    "L1 no longer falls",
    "not validated",
    "too short to tell",
)
USUAL = Params()


@dataclass(frozen=True)
class Finding:
    """One thing that the curves say.

    Attributes:
        name: one of `ORDER`; overfitting with its epoch: `overfitting from epoch 31`.
        words: a sentence or two with the run's own numbers; L1 is of the range 0 to 1.
        rule: when this is said.
        change: what to change in `params.yaml`.
    """

    name: str
    words: str
    rule: str
    change: str


def health(losses: pd.DataFrame, validation: pd.DataFrame, params: Params) -> dict[str, Any]:
    """What the curves of a run mean.

    Args:
        losses: as in `reports/training/losses.csv`, a row for every `train.log_every` steps, in order; finite.
        validation: as in `reports/training/validation.csv`, a row an epoch; no rows where nothing was set aside.
        params: of the run; `model` and `train` are looked at.

    Returns:
        `verdict`, the name of the most serious finding, and `findings`, the most serious first, each a mapping of the
        fields of `Finding`.
    """
    diverged = _diverged(losses, params)
    found = [diverged] if diverged else [_balance(losses, params), _course(losses, validation, params)]
    findings = sorted(filter(None, found), key=lambda finding: ORDER.index(finding.name.partition(" from epoch ")[0]))
    return {"verdict": findings[0].name, "findings": [asdict(finding) for finding in findings]}


def line(told: dict[str, Any]) -> str:
    """What `health` says as a line of a log: the verdict with its words, and the names of the other findings."""
    first, *others = told["findings"]
    names = [finding["name"] for finding in others if finding["name"] != first["name"]]  # it may be said of two things
    also = f" Also: {', '.join(names)}." if names else ""
    return f"training health: {first['name']}. {first['words']}{also}"


def _diverged(losses: pd.DataFrame, params: Params) -> Finding | None:
    """Losses that are finite but of no use."""
    if len(losses) < FEWEST_ROWS:
        return None
    thirds, neutral, signs = _thirds(losses), _neutral(params), []
    if params.model.loss == "l1" or (params.model.loss != "cgan" and params.model.lambda_l1 >= WEIGHTY):
        l1 = thirds["generator_l1"] / 2
        began, lowest, ended = losses["generator_l1"].iloc[0] / 2, l1.min(), l1.iloc[-1]
        if ended >= max(FAR, began):
            signs.append(f"training L1 was {_number(ended)}, no better than in the first row ({_number(began)})")
        elif ended >= RISEN * lowest:
            signs.append(f"training L1 was {_number(ended)}, after {_number(lowest)} in an earlier third")
    if params.model.loss != "l1":
        last = thirds.iloc[-1].to_dict()
        loss, generator_gan = last["discriminator_loss"], last["generator_gan"]
        if loss >= WRONG * neutral:
            signs.append(f"the discriminator's loss was {_number(loss)} (neutral: {_number(neutral)})")
        if generator_gan >= EXPLODED:
            signs.append(f"the generator's adversarial loss was {_number(generator_gan)}")
    if not signs:
        return None
    return Finding(
        "diverged",
        f"In the last third of the run: {'; '.join(signs)}.",
        f"In medians over the last third of losses.csv, {DIVERGED}. {_neutral_in_words(params)}",
        _try(_set(params, "model.learning_rate", min(params.model.learning_rate / 10, USUAL.model.learning_rate))),
    )


def _balance(losses: pd.DataFrame, params: Params) -> Finding | None:
    """Which of the two networks wins; None if there is but one."""
    if params.model.loss == "l1":
        return None
    if len(losses) < FEWEST_ROWS:
        return Finding(
            "too short to tell",
            f"Which network wins cannot be read from so few rows of losses ({len(losses)}).",
            f"losses.csv has fewer than {FEWEST_ROWS} rows, each of train.log_every steps.",
            _try(_train_for(params, math.ceil(params.train.all_epochs * FEWEST_ROWS / len(losses)))),
        )
    neutral, (_, before, last) = _neutral(params), _thirds(losses).to_dict("records")
    loss, generator_gan = last["discriminator_loss"], last["generator_gan"]
    real, fake = last["discriminator_accuracy_real"], last["discriminator_accuracy_fake"]
    seen = (
        f"In the last third of the run the discriminator's loss was {_number(loss)} (neutral: {_number(neutral)}), and "
        f"it was right on {real:.0%} of the real and {fake:.0%} of the generated patches; the generator's adversarial "
        f"loss was {_number(generator_gan)} (neutral: {_number(NEUTRAL)})."
    )
    medians, defined = "in medians over the last third of losses.csv", _neutral_in_words(params)
    if loss <= SURE * neutral and min(real, fake) >= RIGHT and generator_gan >= before["generator_gan"]:
        return Finding(
            "discriminator dominates",
            f"{seen} From so sure a discriminator the generator learns that it is found out, hardly how to improve.",
            f"The discriminator dominates when, {medians}, {WON}. {defined}",
            _try(*_weaker_discriminator(params)),
        )
    if loss >= UNSURE * max(neutral, before["discriminator_loss"]) and (real + fake) / 2 <= GUESSING:
        return Finding(
            "generator dominates",
            f"{seen} From a discriminator that guesses the generator learns little; but perfect pictures would have "
            "the same curves, so look at the samples.",
            f"The generator dominates when, {medians}, {LOST}. {defined}",
            _try(*_stronger_discriminator(params)),
        )
    ahead = " That the discriminator is ahead is usual for pix2pix." if loss < UNSURE * neutral else ""
    return Finding(
        "balanced",
        seen + ahead,
        f"Neither dominates. The discriminator does when, {medians}, {WON}; the generator when {LOST}. {defined}",
        _try(),
    )


@dataclass(frozen=True)
class _Course:
    """Means over spans of epochs, of `validation_l1`, `validation_ssim` and `training_l1`.

    Attributes:
        span: epochs that a mean is taken over.
        epoch: the middle of the span of the lowest validation L1.
        early: that span ends before the last one begins.
        lowest, before, last: the means of that span, of the one before the last, of the last.
        noise: differences up to this mean nothing.
    """

    span: int
    epoch: int
    early: bool
    lowest: "pd.Series[float]"
    before: "pd.Series[float]"
    last: "pd.Series[float]"
    noise: "pd.Series[float]"

    @property
    def overfits(self) -> bool:
        rise = self.last - self.lowest
        learns = -rise["training_l1"] > self.noise["training_l1"]
        return bool(self.early and learns and rise["validation_l1"] > self.noise["validation_l1"])

    @property
    def improves(self) -> bool:
        gain = self.before - self.last
        return bool(not self.early and gain["validation_l1"] > self.noise["validation_l1"])


def _measure(losses: pd.DataFrame, validation: pd.DataFrame) -> _Course:
    span = max(SPAN, len(validation) // 10)
    curves = validation.set_index("epoch")
    curves["training_l1"] = losses.groupby("epoch")["generator_l1"].mean() / 2
    means = curves.rolling(span).mean().dropna()  # the first is that of epochs 1 … span
    best = int(means["validation_l1"].argmin())
    # The error of one epoch is about the median change to the next, which is 0.95 of it for independent normal noise.
    error = NOISE * math.sqrt(2 / span) * curves.diff().abs().median()
    return _Course(
        span=span,
        epoch=1 + best + span // 2,
        early=best + span < len(means),
        lowest=means.iloc[best],
        before=means.iloc[-1 - span],
        last=means.iloc[-1],
        noise=error.clip(lower=MATTERS * means.min()),
    )


def _course(losses: pd.DataFrame, validation: pd.DataFrame, params: Params) -> Finding:
    """Whether the pictures of the selection split become better or worse."""
    if validation.empty:
        return Finding(
            "not validated",
            "No pairs were set aside to look at while training, so overfitting would not be seen.",
            "validation.csv has no rows.",
            "Set data.selection_split: val, or train:40 for 40 pairs taken out of training.",
        )
    if len(validation) < 2 * SPAN:
        return Finding(
            "too short to tell",
            f"Whether it still improves or overfits cannot be read from so few epochs ({len(validation)}).",
            f"validation.csv has fewer than {2 * SPAN} rows.",
            _try(_train_for(params, 2 * SPAN)),
        )
    course = _measure(losses, validation)
    lowest, before, last = (means.map(_number) for means in (course.lowest, course.before, course.last))
    turned = (
        f"Validation L1 was lowest around epoch {course.epoch} ({lowest['validation_l1']}) and is "
        f"{last['validation_l1']} at the end; meanwhile training L1 went from {lowest['training_l1']} to "
        f"{last['training_l1']}, and validation SSIM from {lowest['validation_ssim']} to {last['validation_ssim']}."
    )
    margin = (
        f"L1 is taken in means over spans of {course.span} epochs (a tenth of all, at least {SPAN}); a difference "
        f"counts above {MATTERS:.0%} and above the noise, {NOISE}√(2/{course.span}) times the median change between "
        "neighbouring epochs."
    )
    if params.model.loss != "l1":
        turned += " With a discriminator pictures may gain in sharpness while L1 does not fall: compare the samples."
    if course.overfits:
        return Finding(
            f"overfitting from epoch {course.epoch}",
            turned,
            f"It overfits when {OVERFITS}. {margin}",
            _try(*_less_fitting(params, course.epoch)),
        )
    if course.improves:
        return Finding(
            "still improving",
            f"Validation L1 was {last['validation_l1']} over the last {course.span} epochs and "
            f"{before['validation_l1']} over the {course.span} before.",
            f"It still improves when {IMPROVES}. {margin}",
            _try(_train_for(params, 2 * params.train.all_epochs)),
        )
    return Finding(
        "L1 no longer falls",
        turned,
        f"It neither improves, as when {IMPROVES}; nor overfits, as when {OVERFITS}. {margin}",
        _try(*_smaller_steps(params)),
    )


def _thirds(losses: pd.DataFrame) -> pd.DataFrame:
    """The median of each column over the first, middle and last third of the rows: rows 0, 1, 2."""
    return losses.groupby(np.arange(len(losses)) * 3 // len(losses)).median()


def _neutral(params: Params) -> float:
    """The discriminator's loss when it says 1/2 to every patch."""
    return {"sum": 2 * NEUTRAL, "mean": NEUTRAL}[params.model.discriminator_loss]


def _neutral_in_words(params: Params) -> str:
    if params.model.loss == "l1":
        return "There is no discriminator."
    loss = {"sum": "2 ln 2, the sum", "mean": "ln 2, the mean"}[params.model.discriminator_loss]
    return f"Neutral, a discriminator that says 1/2 to every patch, is {loss} of ln 2 for each of its two terms."


def _number(value: float) -> str:
    """Three significant digits, large ones in whole: 0.0312, 1.39, 15,310."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _set(params: Params, path: str, value: Any) -> str:
    """`train.epochs: 300 (now 150)`, as YAML has it."""
    new, old = (f"{x:g}" if isinstance(x, float) else str(x).lower() for x in (value, params.flat()[path]))
    return f"{path}: {new} (now {old})"


def _train_for(params: Params, epochs: int) -> str:
    """So many epochs in all; those in which the learning rate falls stay as many."""
    return _set(params, "train.epochs", max(1, epochs - params.train.decay_epochs))


def _try(*changes: str) -> str:
    if not changes:
        return "Nothing."
    return f"Set {changes[0]}." if len(changes) == 1 else f"Try one at a time: {'; '.join(changes)}."


def _weaker_discriminator(params: Params) -> list[str]:
    """What makes the discriminator's task harder, or the generator's easier, or has it listen."""
    changes = []
    if params.model.discriminator_filters > 1:
        changes.append(_set(params, "model.discriminator_filters", params.model.discriminator_filters // 2))
    if params.model.receptive_field > 1:
        changes.append(_set(params, "model.receptive_field", {16: 1, 70: 16, 286: 70}[params.model.receptive_field]))
    if params.model.loss == "cgan":
        changes.append(_set(params, "model.loss", "cgan+l1"))
    elif params.model.lambda_l1 > USUAL.model.lambda_l1:
        changes.append(_set(params, "model.lambda_l1", USUAL.model.lambda_l1))
    return [
        *changes,
        _set(params, "model.generator_filters", 2 * params.model.generator_filters),
        *_more_jitter(params),
    ]


def _stronger_discriminator(params: Params) -> list[str]:
    """What makes the discriminator's task easier, or its steps smaller."""
    changes = [_set(params, "model.discriminator_filters", 2 * params.model.discriminator_filters)]
    if params.model.receptive_field < 70:
        changes.append(_set(params, "model.receptive_field", {1: 16, 16: 70}[params.model.receptive_field]))
    if params.model.loss == "gan+l1":
        changes.append(_set(params, "model.loss", "cgan+l1"))
    if params.model.learning_rate > USUAL.model.learning_rate:
        changes.append(_set(params, "model.learning_rate", USUAL.model.learning_rate))
    return changes


def _less_fitting(params: Params, epoch: int) -> list[str]:
    """What keeps the generator of an earlier epoch, or lets it learn the training pairs less well by heart."""
    changes = [_set(params, "train.select", "validation_l1")] if params.train.select == "last" else []
    changes += [_train_for(params, epoch), *_more_jitter(params)]
    if params.model.generator_filters > 1:
        changes.append(_set(params, "model.generator_filters", params.model.generator_filters // 2))
    return changes


def _more_jitter(params: Params) -> list[str]:
    """Both networks know fewer pairs by heart when these come in many forms."""
    changes = [] if params.train.mirror else [_set(params, "train.mirror", True)]
    return (
        changes
        if params.train.jitter_scale > 1
        else [*changes, _set(params, "train.jitter_scale", USUAL.train.jitter_scale)]
    )


def _smaller_steps(params: Params) -> list[str]:
    """What is left where more epochs alone will not help."""
    return [] if params.train.decay_epochs else [_set(params, "train.decay_epochs", params.train.epochs)]
