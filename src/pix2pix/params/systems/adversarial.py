"""The keys of every system with a discriminator: its adversarial loss, and remedies for an unequal game.

A section inherits them from `AdversarialSection`. Every remedy is off by default.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from pix2pix.params.messages import ProblemError, listed
from pix2pix.params.section import Neutral, SystemSection
from pix2pix.params.values import Fraction, NonNegative, Positive

AdversarialLoss = Literal["cross_entropy", "least_squares", "hinge", "wasserstein"]
# The kinds of DiffAugment, in the order in which they are applied (Zhao et al. 2020).
AUGMENTATIONS = ("colour", "translation", "cutout")

# The losses that compare an answer with a number, which may be another one than 1 or 0, and the remedies that need it.
WITH_LABELS = ("cross_entropy", "least_squares")
SOFTENED = ("label_smoothing", "label_noise")
# The values at which remedies are off.
OFF: Mapping[str, Any] = {
    "label_smoothing": 0.0,
    "label_noise": 0.0,
    "label_flips": 0.0,
    "instance_noise": 0.0,
    "diff_augment": "none",
    "discriminator_dropout": 0.0,
    "spectral_norm": False,
}


def _augmentations(value: str) -> str:
    named = value.split("+")
    if value != "none" and named != [each for each in AUGMENTATIONS if each in named]:
        raise ValueError(f"must be none, or some of {listed(AUGMENTATIONS)} in this order, joined by +")
    return value


Smoothing = Annotated[float, Field(ge=0, lt=0.5)]
DiffAugment = Annotated[str, AfterValidator(_augmentations), Neutral("none")]


class AdversarialSection(SystemSection):
    """The section `model` of a system with a discriminator. `params.yaml` explains the keys."""

    adversarial: Annotated[AdversarialLoss, Neutral("cross_entropy")] = "cross_entropy"
    gradient_penalty: Annotated[NonNegative, Neutral(0)] = 0
    label_smoothing: Annotated[Smoothing, Neutral(0)] = 0
    label_noise: Annotated[Smoothing, Neutral(0)] = 0
    label_noise_direction: Annotated[Literal["inward", "outward"], Neutral("inward")] = "inward"
    label_flips: Annotated[Smoothing, Neutral(0)] = 0
    instance_noise: Annotated[NonNegative, Neutral(0)] = 0
    diff_augment: DiffAugment = "none"
    discriminator_dropout: Annotated[Fraction, Neutral(0)] = 0
    discriminator_learning_rate: Annotated[Positive | None, Neutral(None)] = None
    spectral_norm: Annotated[bool, Neutral(False)] = False
    ema: Annotated[Fraction, Neutral(0)] = 0

    @property
    def augmentations(self) -> tuple[str, ...]:
        """The kinds of DiffAugment."""
        return () if self.diff_augment == "none" else tuple(self.diff_augment.split("+"))

    @property
    def normalises_judge(self) -> bool:
        """Whether the discriminator may have BatchNorm.

        A gradient penalty is about each picture by itself, and BatchNorm would mix them (Gulrajani et al. 2017,
        section 4).
        """
        return not self.gradient_penalty

    @model_validator(mode="after")
    def _agree(self) -> "AdversarialSection":
        if self.adversarial == "wasserstein" and not (self.gradient_penalty or self.spectral_norm):
            raise ProblemError(
                "gradient_penalty",
                self.gradient_penalty,
                "more than 0 (the paper: 10) for the loss wasserstein, or model.spectral_norm be true",
            )
        for key in SOFTENED if self.adversarial not in WITH_LABELS else ():
            if value := getattr(self, key):
                raise ProblemError(key, value, f"0, because the loss {self.adversarial} has no labels between 0 and 1")
        return self

    def named(self, objective: str) -> str:
        """Add the adversarial loss to the words for an objective, unless it is cross-entropy."""
        usual: Any = AdversarialSection.model_fields["adversarial"].default
        return objective if self.adversarial == usual else f"{objective} {self.adversarial}"
