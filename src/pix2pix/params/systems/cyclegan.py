"""The section `model` of CycleGAN."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator

from pix2pix.params.messages import ProblemError
from pix2pix.params.systems.adversarial import AdversarialLoss, AdversarialSection
from pix2pix.params.systems.pix2pix import ReceptiveField, check_patches
from pix2pix.params.values import Count, Fraction, NonNegative, Positive, Whole, no_bool


class CycleGAN(AdversarialSection):
    """Two generators, one for each direction, two discriminators, their losses and their optimisers."""

    tasks: ClassVar[tuple[str, ...]] = ("unpaired", "pairs")
    sampled: ClassVar[tuple[str, ...]] = (
        "input",
        "generated",
        "generated, and back again",
        "real",
        "generated from the real one",
        "the real one, there and back",
    )

    system: Literal["cyclegan"] = "cyclegan"
    adversarial: AdversarialLoss = "least_squares"
    lambda_cycle: NonNegative = 10
    lambda_identity: NonNegative = 0.5
    generator: Literal["resnet_9", "resnet_6", "unet"] = "resnet_9"
    generator_filters: Count = 64
    receptive_field: Annotated[ReceptiveField, BeforeValidator(no_bool)] = 70
    discriminator_filters: Count = 64
    leaky_slope: Fraction = 0.2
    norm_epsilon: Positive = 1e-5
    pool_size: Whole = 50
    learning_rate: Positive = 2e-4
    beta_1: Fraction = 0.5
    update_order: Literal["generators_first", "simultaneous"] = "generators_first"

    @property
    def objective(self) -> str:
        """The loss in words: `cyclegan least_squares λ=10, identity 0.5`."""
        return f"cyclegan {self.adversarial} λ={self.lambda_cycle:g}, identity {self.lambda_identity:g}"

    @property
    def summary(self) -> str:
        """The networks and the loss in words."""
        return f"{self.generator}, {self.objective}"

    @property
    def lede(self) -> str:
        """See `SystemSection.lede`."""
        kinds = {"unet": "U-Nets", "resnet_9": "ResNets of 9 blocks", "resnet_6": "ResNets of 6 blocks"}
        size = self.receptive_field
        return (
            f"Two {kinds[self.generator]}, one for each direction, never saw which input belongs to which target. "
            f"Each was judged by a discriminator that looks at patches of {size} × {size} pixels, without seeing the "
            f"input, and by how well the other one leads back, weighted λ = {self.lambda_cycle:g}."
        )

    def check_size(self, image_size: int | list[int]) -> None:
        """Check that pictures of this `data.image_size` are large enough.

        Raises:
            ProblemError: the discriminators would have no patch to judge.
        """
        check_patches(self.receptive_field, image_size)

    def check_channels(self, given: int, made: int) -> None:
        """Check that each generator can be given what it should make, where the identity loss does so.

        Raises:
            ProblemError: it cannot.
        """
        if self.lambda_identity and given != made:
            why = f"0, because inputs have {given} channels and targets {made}: no generator takes what it makes"
            raise ProblemError("model.lambda_identity", self.lambda_identity, why)
