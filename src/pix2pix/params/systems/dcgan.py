"""The section `model` of DCGAN."""

from typing import Annotated, ClassVar, Literal

from pix2pix.params.section import Neutral
from pix2pix.params.systems.adversarial import AdversarialSection, Smoothing
from pix2pix.params.values import Count, Fraction, Positive


class Dcgan(AdversarialSection):
    """A generator from noise and a discriminator of whole pictures, their losses and their optimisers.

    The defaults are those of Foster, "Generative Deep Learning" (2nd edition 2023, chapter 4).
    """

    tasks: ClassVar[tuple[str, ...]] = ("pictures",)

    system: Literal["dcgan"] = "dcgan"
    noise_size: Count = 100
    generator_filters: Count = 64
    discriminator_filters: Count = 64
    leaky_slope: Fraction = 0.2
    norm_momentum: Fraction = 0.9
    learning_rate: Positive = 2e-4
    beta_1: Fraction = 0.5
    discriminator_loss: Literal["sum", "mean"] = "mean"
    update_order: Literal["simultaneous", "discriminator_first"] = "simultaneous"
    label_noise: Annotated[Smoothing, Neutral(0)] = 0.1
    label_noise_direction: Annotated[Literal["inward", "outward"], Neutral("inward")] = "outward"
    discriminator_dropout: Annotated[Fraction, Neutral(0)] = 0.3

    @property
    def objective(self) -> str:
        """The loss in words."""
        return self.named("dcgan")

    @property
    def summary(self) -> str:
        """The network and the loss in words: `from 100 numbers, dcgan`."""
        return f"from {self.noise_size} numbers, {self.objective}"

    @property
    def noise(self) -> int:
        """See `SystemSection.noise`."""
        return self.noise_size

    def check_size(self, image_size: int | list[int]) -> None:
        """Every `data.image_size` will do."""
