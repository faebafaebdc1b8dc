"""The section `model` of pix2pixHD and of SPADE, which has pix2pixHD's training with another generator."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from pix2pix.base.files import sha256
from pix2pix.params.messages import ProblemError
from pix2pix.params.section import Neutral
from pix2pix.params.systems.adversarial import OFF, AdversarialLoss, AdversarialSection
from pix2pix.params.systems.label_input import LabelInput, SeesLabels
from pix2pix.params.values import Count, Fraction, NonNegative, Positive, is_there

# More scales would leave the smallest picture, of 32 pixels, no patch to judge.
_MOST_SCALES = 3


class Pix2pixHD(SeesLabels, AdversarialSection):
    """A generator, discriminators at several scales, feature matching, and their optimisers.

    The defaults are those of pix2pixHD's code (Wang et al. 2018).
    """

    tasks: ClassVar[tuple[str, ...]] = ("pairs", "colourise")
    reads_instances: ClassVar[bool] = True

    system: Literal["pix2pixhd"] = "pix2pixhd"
    generator: Literal["global", "spade"] = "global"
    label_input: LabelInput = "one_hot"
    generator_filters: Count = 64
    spade_features: Annotated[Count, Neutral(128)] = 128
    generator_norm: Literal["instance", "batch"] = "instance"
    adversarial: Annotated[AdversarialLoss, Neutral("cross_entropy")] = "least_squares"
    lambda_features: NonNegative = 10
    lambda_vgg: NonNegative = 10
    vgg_weights: Annotated[str | None, Neutral(None)] = None
    discriminator_scales: Count = 2
    discriminator_layers: Count = 3
    discriminator_filters: Count = 64
    scales_loss: Literal["sum", "mean"] = "sum"
    discriminator_loss: Literal["sum", "mean"] = "mean"
    learning_rate: Positive = 2e-4
    beta_1: Fraction = 0.5
    beta_2: Fraction = 0.999
    update_order: Literal["simultaneous", "generator_first"] = "simultaneous"

    @property
    def objective(self) -> str:
        """The loss in words: `spade hinge, features 10, vgg 10`."""
        seen = f", vgg {self.lambda_vgg:g}" if self.has_vgg else ""
        return f"{self.named(self._called)}, features {self.lambda_features:g}{seen}"

    @property
    def summary(self) -> str:
        """The networks and the loss in words."""
        without = ", no VGG term, because model.vgg_weights is null" if self.vgg_weights is None else ""
        return f"{self.generator} generator, {self.objective}{without}"

    @property
    def lede(self) -> str:
        """See `SystemSection.lede`."""
        kinds = {"global": "pix2pixHD's global generator", "spade": "SPADE's generator"}
        scales = "one scale" if self.discriminator_scales == 1 else f"{self.discriminator_scales} scales"
        features = (
            f", and by how their layers see it, weighted {self.lambda_features:g}" if self.lambda_features else ""
        )
        vgg = (
            f"VGG19 compared its picture with the real one, too, weighted {self.lambda_vgg:g}."
            if self.has_vgg
            else "No VGG19 compared it with the real one, as in the paper."
        )
        return f"The network is {kinds[self.generator]}. Discriminators judged its picture at {scales}{features}. {vgg}"

    @property
    def has_vgg(self) -> bool:
        """Whether VGG19 judges generated pictures, too."""
        return self.vgg_weights is not None and self.lambda_vgg > 0

    def decisive(self) -> dict[str, Any]:
        """See `Section.decisive`; what a file of weights contains decides, and not its name."""
        values = super().decisive()
        if self.vgg_weights is None:
            values.pop("lambda_vgg")
        elif self.vgg_weights != "imagenet":
            values["vgg_weights"] = sha256(Path(self.vgg_weights))
        return values

    def check_channels(self, given: int, made: int) -> None:  # noqa: ARG002
        """Check that VGG19 can see the pictures that are made.

        Raises:
            ProblemError: they have other channels than RGB.
        """
        if self.has_vgg and made != 3:
            raise ProblemError("model.vgg_weights", self.vgg_weights, "null, because VGG19 sees RGB only")

    @property
    def _called(self) -> str:
        return {"global": "pix2pixhd", "spade": "spade"}[self.generator]

    def check_size(self, image_size: int | list[int]) -> None:
        """Every `data.image_size` will do."""

    @model_validator(mode="after")
    def _has_weights(self) -> "Pix2pixHD":
        if self.vgg_weights not in (None, "imagenet") and not is_there(self.vgg_weights, Path.is_file):
            raise ProblemError("vgg_weights", self.vgg_weights, "null, imagenet, or a file that exists")
        return self

    @model_validator(mode="after")
    def _has_patches(self) -> "Pix2pixHD":
        if self.discriminator_scales > _MOST_SCALES:
            raise ProblemError("discriminator_scales", self.discriminator_scales, f"1 to {_MOST_SCALES}")
        return self

    @model_validator(mode="after")
    def _features_are_comparable(self) -> "Pix2pixHD":
        for key in ("diff_augment", "instance_noise", "discriminator_dropout") if self.lambda_features else ():
            if (value := getattr(self, key)) != OFF[key]:
                raise ProblemError(
                    key,
                    value,
                    f"{OFF[key]}, because features of pictures that are changed apart cannot match; or let "
                    "model.lambda_features be 0",
                )
        return self
