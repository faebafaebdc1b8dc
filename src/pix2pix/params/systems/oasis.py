"""The section `model` of OASIS."""

from typing import Annotated, ClassVar, Literal

from pix2pix.params.messages import ProblemError
from pix2pix.params.section import Neutral, SystemSection
from pix2pix.params.values import Count, Fraction, NonNegative, Positive


class Oasis(SystemSection):
    """SPADE's generator with noise, a discriminator that reads classes, LabelMix, and their optimisers.

    The defaults are those of the authors' code (Sushko et al. 2021).
    """

    tasks: ClassVar[tuple[str, ...]] = ("pairs",)
    reads_instances: ClassVar[bool] = True

    system: Literal["oasis"] = "oasis"
    noise_size: Count = 64
    generator_filters: Count = 64
    spade_features: Annotated[Count, Neutral(128)] = 128
    generator_norm: Literal["batch", "instance"] = "batch"
    discriminator_filters: Count = 128
    discriminator_gain: Positive = 0.02
    lambda_labelmix: NonNegative = 10
    learning_rate: Positive = 1e-4
    discriminator_learning_rate: Positive | None = 4e-4
    beta_1: Fraction = 0
    beta_2: Fraction = 0.999
    ema: Fraction = 0.9999

    @property
    def objective(self) -> str:
        """The loss in words: `oasis, labelmix 10`."""
        return f"oasis, labelmix {self.lambda_labelmix:g}"

    @property
    def summary(self) -> str:
        """The network and the loss in words."""
        return f"spade generator with {self.noise_size} numbers of noise, {self.objective}"

    @property
    def lede(self) -> str:
        """See `SystemSection.lede`."""
        mixed = f", also in mixed pictures, weighted {self.lambda_labelmix:g}" if self.lambda_labelmix else ""
        return (
            f"The network is SPADE's generator with {self.noise_size} numbers of noise, so one label map has many "
            f"answers. A discriminator read the classes in its pictures, or that a pixel is generated{mixed}."
        )

    @property
    def reads_classes(self) -> bool:
        """See `SystemSection.reads_classes`."""
        return True

    def check_input(self, label_map: bool) -> None:
        """Check that there are classes, which both networks need.

        Raises:
            ProblemError: there are none.
        """
        if not label_map:
            raise ProblemError(
                "model.system",
                self.system,
                "another system, because the input is no label map with classes (data.direction, data.palette)",
            )

    def check_size(self, image_size: int | list[int]) -> None:
        """Every `data.image_size` will do."""
