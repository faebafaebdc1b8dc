"""The section `model` of a bridge."""

from typing import ClassVar, Literal

from pix2pix.base.solvers import Solver
from pix2pix.params.section import SystemSection
from pix2pix.params.systems.label_input import LabelInput, SeesLabels
from pix2pix.params.values import Count, Fraction, Positive
from pix2pix.params.walk import Steps, Walk


class Bridge(SeesLabels, SystemSection):
    """A flow from the input with noise to the target: one network, no adversary.

    The way is that of Albergo et al. 2023; the sizes and rates are this project's, for a CPU.
    """

    sampled: ClassVar[tuple[str, ...]] = ("input", "in one step", "generated", "real")

    system: Literal["bridge"] = "bridge"
    label_input: LabelInput = "colours"
    noise_level: Positive = 1
    solver: Solver = "heun"
    steps: Steps = 8
    generator_filters: Count = 24
    generator_depth: Count = 4
    learning_rate: Positive = 5e-4
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.99
    ema: Fraction = 0.999

    @property
    def objective(self) -> str:
        """The loss in words: `bridge, noise 1`."""
        return f"bridge, noise {self.noise_level:g}"

    @property
    def summary(self) -> str:
        """The network and the loss in words."""
        return f"U-Net with time, {self.objective}, {self.walk.words}"

    @property
    def lede(self) -> str:
        """See `SystemSection.lede`."""
        return (
            f"A U-Net that is told a time learned the way from the input, with noise of standard deviation "
            f"{self.noise_level:g}, to the real picture, and nothing judged it. It makes a picture in "
            f"{self.walk.words}."
        )

    @property
    def walk(self) -> Walk:
        """See `SystemSection.walk`."""
        return Walk(noise=self.noise_level, solver=self.solver, steps=self.steps)

    def check_size(self, image_size: int | list[int]) -> None:
        """Every `data.image_size` will do."""
