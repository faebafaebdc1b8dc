"""The section `model` of the conditional GAN with gradient penalty."""

from typing import Annotated, ClassVar, Literal

from pix2pix.params.section import Neutral
from pix2pix.params.systems.adversarial import AdversarialLoss, AdversarialSection
from pix2pix.params.values import Count, Fraction, NonNegative, Positive


class Cgan(AdversarialSection):
    """A generator from noise and a class, a critic that sees the class, too, their losses and their optimisers.

    The defaults are those of Foster, "Generative Deep Learning" (2nd edition 2023, chapter 4).
    """

    tasks: ClassVar[tuple[str, ...]] = ("labelled",)

    system: Literal["cgan"] = "cgan"
    noise_size: Count = 32
    generator_filters: Count = 64
    discriminator_filters: Count = 64
    leaky_slope: Fraction = 0.2
    norm_momentum: Fraction = 0.9
    critic_steps: Count = 3
    learning_rate: Positive = 5e-5
    beta_1: Fraction = 0.5
    beta_2: Fraction = 0.9
    adversarial: Annotated[AdversarialLoss, Neutral("cross_entropy")] = "wasserstein"
    gradient_penalty: Annotated[NonNegative, Neutral(0)] = 10
    discriminator_dropout: Annotated[Fraction, Neutral(0)] = 0.3

    @property
    def objective(self) -> str:
        """The loss in words."""
        return self.named("cgan")

    @property
    def summary(self) -> str:
        """The network and the loss in words: `from 32 numbers and a class, cgan wasserstein`."""
        return f"from {self.noise_size} numbers and a class, {self.objective}"

    @property
    def noise(self) -> int:
        """See `SystemSection.noise`."""
        return self.noise_size

    @property
    def normalises_judge(self) -> bool:
        """Whether the critic may have BatchNorm: the book's has none, with any loss."""
        return False

    def check_size(self, image_size: int | list[int]) -> None:
        """Every `data.image_size` will do."""
