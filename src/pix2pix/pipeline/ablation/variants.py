"""The variants of an ablation: trainings that differ from the default one in the subject of their group.

The groups are those of Isola et al. 2017 (section 4.2 and table 1, 4.3 and table 2, 4.4 and table 3), and λ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.pipeline.workspace import overridden

# The varied parameters, with their default values in an ablation, which replace those of params.yaml.
DEFAULT = {
    "model.loss": "cgan+l1",
    "model.lambda_l1": 100,
    "model.generator": "unet",
    "model.receptive_field": 70,
}


@dataclass(frozen=True)
class Variant:
    """A training that differs from the default one.

    Attributes:
        name: its DVC experiment is `ablation-<name>`.
        words: the name for people.
        changes: the values, by path, that differ from `DEFAULT`.
    """

    name: str
    words: str
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def varied(self) -> dict[str, Any]:
        """Return the values of all varied parameters, by path."""
        return DEFAULT | dict(self.changes)


_ENCODER_DECODER = {"model.generator": "encoder_decoder"}

VARIANTS = (
    Variant("default", "U-Net, cGAN + L1, 70x70, λ = 100"),
    Variant("l1", "L1 alone", {"model.loss": "l1"}),
    Variant("cgan", "cGAN alone (λ = 0)", {"model.loss": "cgan"}),
    Variant("gan_l1", "GAN + L1: the discriminator does not see the input", {"model.loss": "gan+l1"}),
    Variant("encoder_decoder_l1", "encoder-decoder, L1 alone", {**_ENCODER_DECODER, "model.loss": "l1"}),
    Variant("encoder_decoder", "encoder-decoder", _ENCODER_DECODER),
    Variant("patch_1", "1x1: each pixel by itself", {"model.receptive_field": 1}),
    Variant("patch_16", "16x16", {"model.receptive_field": 16}),
    Variant("patch_286", "286x286", {"model.receptive_field": 286}),
    Variant("lambda_10", "λ = 10", {"model.lambda_l1": 10}),
    Variant("lambda_1000", "λ = 1000", {"model.lambda_l1": 1000}),
)

# The groups of variants that are compared with each other. A variant in several groups is trained once.
GROUPS = {
    "losses": ("default", "l1", "cgan", "gan_l1"),
    "generator": ("default", "l1", "encoder_decoder", "encoder_decoder_l1"),
    "receptive field": ("patch_1", "patch_16", "default", "patch_286"),
    "λ": ("cgan", "lambda_10", "default", "lambda_1000"),
}


def refuse_other_systems(chosen: params.Params) -> None:
    """Refuse a system that lacks the parameters that the variants change.

    Raises:
        ParamsError: it lacks them.
    """
    if lacking := sorted(DEFAULT.keys() - chosen.flat().keys()):
        raise ParamsError(
            f"model.system = {chosen.model.system!r}: an ablation trains the variants of the pix2pix paper, and this "
            f"system lacks {', '.join(lacking)}; set model.system: pix2pix (`pix2pix recipe paper`)"
        )


def possible(content: dict[str, Any]) -> tuple[dict[str, Variant], dict[str, str]]:
    """Return the variants that can be trained, by name, and the reasons why others cannot.

    Args:
        content: the content of a valid parameters file.
    """
    variants, left_out = {}, {}
    for variant in VARIANTS:
        try:
            params.check(overridden(content, variant.varied), variant.name)
            variants[variant.name] = variant
        except ParamsError as error:
            left_out[variant.name] = str(error)
    return variants, left_out
