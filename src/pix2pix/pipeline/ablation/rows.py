"""What is compared: trainings that differ from the default one in what their group is about.

The groups are those of Isola et al. 2017 (section 4.2 and table 1, 4.3 and table 2, 4.4 and table 3), and λ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.pipeline.workspace import overridden

# What is varied, and the value it has where nothing else is said, whatever params.yaml says.
DEFAULT = {
    "model.loss": "cgan+l1",
    "model.lambda_l1": 100,
    "model.generator": "unet",
    "model.receptive_field": 70,
}


@dataclass(frozen=True)
class Row:
    """One training.

    Attributes:
        name: its DVC experiment is `ablation-<name>`.
        words: what people read instead.
        changes: values by their path, where they are not those of `DEFAULT`.
    """

    name: str
    words: str
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def varied(self) -> dict[str, Any]:
        """The values of all that is varied, by path."""
        return DEFAULT | dict(self.changes)


ENCODER_DECODER = {"model.generator": "encoder_decoder"}

ROWS = (
    Row("default", "U-Net, cGAN + L1, 70x70, λ = 100"),
    Row("l1", "L1 alone", {"model.loss": "l1"}),
    Row("cgan", "cGAN alone (λ = 0)", {"model.loss": "cgan"}),
    Row("gan_l1", "GAN + L1: the discriminator does not see the input", {"model.loss": "gan+l1"}),
    Row("encoder_decoder_l1", "encoder-decoder, L1 alone", {**ENCODER_DECODER, "model.loss": "l1"}),
    Row("encoder_decoder", "encoder-decoder", ENCODER_DECODER),
    Row("patch_1", "1x1: each pixel by itself", {"model.receptive_field": 1}),
    Row("patch_16", "16x16", {"model.receptive_field": 16}),
    Row("patch_286", "286x286", {"model.receptive_field": 286}),
    Row("lambda_10", "λ = 10", {"model.lambda_l1": 10}),
    Row("lambda_1000", "λ = 1000", {"model.lambda_l1": 1000}),
)

# Which rows are compared with each other; some stand in several groups and are trained once.
GROUPS = {
    "losses": ("default", "l1", "cgan", "gan_l1"),
    "generator": ("default", "l1", "encoder_decoder", "encoder_decoder_l1"),
    "receptive field": ("patch_1", "patch_16", "default", "patch_286"),
    "λ": ("cgan", "lambda_10", "default", "lambda_1000"),
}


def possible(content: dict[str, Any]) -> tuple[dict[str, Row], dict[str, str]]:
    """The rows that can be trained, by name, and why the others cannot.

    Args:
        content: of a sound parameters file.
    """
    rows, left_out = {}, {}
    for row in ROWS:
        try:
            params.check(overridden(content, row.varied), row.name)
            rows[row.name] = row
        except ParamsError as error:
            left_out[row.name] = str(error)
    return rows, left_out
