"""The section `model` of pix2pix."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from pix2pix.params.messages import ProblemError, listed
from pix2pix.params.section import Count, Fraction, NonNegative, Positive, Section, no_bool

ReceptiveField = Literal[1, 16, 70, 286]

# The smallest picture, in pixels, on which each patch discriminator still has a patch to judge.
_SMALLEST_IMAGE: dict[ReceptiveField, int] = {1: 32, 16: 32, 70: 32, 286: 128}


class Pix2pix(Section):
    """The generator and the discriminator, their losses and their optimisers."""

    system: Literal["pix2pix"] = "pix2pix"
    loss: Literal["cgan+l1", "gan+l1", "cgan", "l1"] = "cgan+l1"
    lambda_l1: NonNegative = 100
    generator: Literal["unet", "encoder_decoder"] = "unet"
    generator_filters: Count = 64
    receptive_field: Annotated[ReceptiveField, BeforeValidator(no_bool)] = 70
    discriminator_filters: Count = 64
    leaky_slope: Fraction = 0.3
    bottleneck_norm: bool = False
    norm_epsilon: Positive = 1e-3
    norm_gamma_stddev: NonNegative = 0
    learning_rate: Positive = 2e-4
    beta_1: Fraction = 0.5
    discriminator_loss: Literal["sum", "mean"] = "sum"
    update_order: Literal["simultaneous", "discriminator_first"] = "simultaneous"

    def check_size(self, image_size: int) -> None:
        """Check that a picture of that side, in pixels, is large enough.

        Raises:
            ProblemError: the discriminator would have no patch to judge.
        """
        if image_size < _SMALLEST_IMAGE[self.receptive_field]:
            allowed = [field for field, smallest in _SMALLEST_IMAGE.items() if smallest <= image_size]
            words = f"one of {listed(allowed)} for data.image_size {image_size}"
            raise ProblemError("model.receptive_field", self.receptive_field, words)
