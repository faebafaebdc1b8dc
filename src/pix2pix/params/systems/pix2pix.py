"""The section `model` of pix2pix."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, model_validator

from pix2pix.params.image_size import sides
from pix2pix.params.messages import ProblemError, listed
from pix2pix.params.section import Neutral
from pix2pix.params.systems.adversarial import AdversarialSection
from pix2pix.params.systems.label_input import LabelInput, SeesLabels
from pix2pix.params.values import Count, Fraction, NonNegative, Positive, Whole, no_bool

ReceptiveField = Literal[1, 16, 70, 94, 286]

# The smaller side, in pixels, of the smallest picture that has a patch to judge, by receptive field.
_SMALLEST_IMAGE: dict[ReceptiveField, int] = {1: 32, 16: 32, 70: 32, 94: 32, 286: 96}


def check_patches(receptive_field: ReceptiveField, image_size: int | list[int]) -> None:
    """Check that pictures of this `data.image_size` have a patch to judge.

    Raises:
        ProblemError: they have none.
    """
    smaller = min(sides(image_size))
    if smaller < _SMALLEST_IMAGE[receptive_field]:
        allowed = [field for field, smallest in _SMALLEST_IMAGE.items() if smallest <= smaller]
        words = f"one of {listed(allowed)} for data.image_size {image_size}"
        raise ProblemError("model.receptive_field", receptive_field, words)


class Pix2pix(SeesLabels, AdversarialSection):
    """The generator and the discriminator, their losses and their optimisers."""

    against_winner: ClassVar[Mapping[str, str]] = {"cgan": "cgan+l1"}
    against_guesser: ClassVar[Mapping[str, str]] = {"gan+l1": "cgan+l1"}

    system: Literal["pix2pix"] = "pix2pix"
    loss: Literal["cgan+l1", "gan+l1", "cgan", "l1"] = "cgan+l1"
    lambda_l1: NonNegative = 100
    noise_size: Annotated[Whole, Neutral(0)] = 0
    lambda_diversity: Annotated[NonNegative, Neutral(0)] = 0
    label_input: LabelInput = "colours"
    colour_space: Annotated[Literal["rgb", "lab"], Neutral("rgb")] = "rgb"
    generator: Literal["unet", "encoder_decoder"] = "unet"
    generator_filters: Count = 64
    generator_depth: Annotated[Count | None, Neutral(None)] = None
    upsampling: Annotated[Literal["transposed", "resize"], Neutral("transposed")] = "transposed"
    receptive_field: Annotated[ReceptiveField, BeforeValidator(no_bool)] = 70
    discriminator_filters: Count = 64
    leaky_slope: Fraction = 0.3
    bottleneck_norm: bool = False
    decoder_norm: Annotated[bool, Neutral(True)] = True
    norm_epsilon: Positive = 1e-3
    norm_gamma_stddev: NonNegative = 0
    learning_rate: Positive = 2e-4
    beta_1: Fraction = 0.5
    discriminator_loss: Literal["sum", "mean"] = "sum"
    update_order: Literal["simultaneous", "discriminator_first"] = "simultaneous"

    @model_validator(mode="after")
    def _noise_is_used(self) -> "Pix2pix":
        if self.lambda_diversity and not (self.noise_size and self.has_judge):
            lacking = "there is no noise (model.noise_size)" if self.has_judge else "L1 is the only loss"
            raise ProblemError("lambda_diversity", self.lambda_diversity, f"0, because {lacking}")
        return self

    @property
    def conditional(self) -> bool:
        """Whether the discriminator, if there is one, sees the input, too (cGAN)."""
        return self.loss != "gan+l1"

    @property
    def has_judge(self) -> bool:
        """Whether there is a discriminator."""
        return self.loss != "l1"

    @property
    def objective(self) -> str:
        """The loss in words: `cgan+l1 λ=100`, with λ if it weighs one part against another."""
        objective = f"{self.loss} λ={self.lambda_l1:g}" if self.loss.endswith("+l1") else self.loss
        objective += f" diversity {self.lambda_diversity:g}" if self.lambda_diversity else ""
        return self.named(objective) if self.has_judge else objective

    @property
    def summary(self) -> str:
        """The network and the loss in words: `unet, cgan+l1 λ=100`."""
        noise = f" with {self.noise_size} numbers of noise" if self.noise_size else ""
        return f"{self.generator}{noise}, {self.objective}"

    @property
    def lede(self) -> str:
        """See `SystemSection.lede`."""
        network = "A U-Net" if self.generator == "unet" else "An encoder-decoder without skip connections"
        network += f" with {self.noise_size} numbers of noise" if self.noise_size else ""
        if self.loss == "l1":
            return f"{network} was judged by the mean absolute difference from the real picture alone."
        size = self.receptive_field
        patches = "single pixels" if size == 1 else f"patches of {size} × {size} pixels"
        seeing = "beside the input" if self.conditional else "without seeing the input"
        weight = f"weighted λ = {self.lambda_l1:g}"
        distance = f", and by the mean absolute difference from the real picture, {weight}" if "l1" in self.loss else ""
        varied = " Two answers to one input were kept apart." if self.lambda_diversity else ""
        return f"{network} was judged by a discriminator that looks at {patches}, {seeing}{distance}.{varied}"

    def check_channels(self, given: int, made: int) -> None:
        """Check that a picture that keeps its input's lightness goes from grey to RGB.

        Raises:
            ProblemError: it does not.
        """
        if self.colour_space == "lab" and (given, made) != (1, 3):
            raise ProblemError(
                "model.colour_space",
                self.colour_space,
                f"rgb, because lab needs a grey input and a target in RGB (data.input_channels: {given}, "
                f"data.target_channels: {made})",
            )

    def check_size(self, image_size: int | list[int]) -> None:
        """Check that pictures of this `data.image_size` are large enough.

        Raises:
            ProblemError: the discriminator would have no patch to judge.
        """
        check_patches(self.receptive_field, image_size)
