"""The section `train`, which is the same for every system."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pix2pix.params.section import SAVING, Neutral, Section
from pix2pix.params.values import Count, Fraction, Positive, ReplicaCount, Whole, is_there

# The beginnings of addresses of models in MLflow.
ADDRESSES = ("models:/", "runs:/")
# Outputs of the stage `train`.
_MADE_ANEW = ("models/generator", "models/back")
Select = Literal["last", "validation_l1", "validation_ssim", "validation_swd"]
# The measures that can choose an epoch, where examples have an input (True), and where they have none.
SELECTED: dict[bool, tuple[Select, ...]] = {
    True: ("validation_l1", "validation_ssim"),
    False: ("validation_swd",),
}


def _model(value: str | None) -> str | None:
    """Check the form of an address, which is looked up when the model is fetched; or that a path exists."""
    if value is None or (value.startswith(ADDRESSES) and value.isprintable()):
        return value
    if not value or not is_there(value, Path.is_dir):
        raise ValueError("must be null, a folder of a model or a checkpoint that exists, models:/… or runs:/…")
    for made in _MADE_ANEW:
        if Path(value).resolve().is_relative_to(Path(made).resolve()):
            raise ValueError(f"must not be {made}, which DVC removes before the training; copy it to another folder")
    return value


class Train(Section):
    """The length of the training, its batches and schedule, and when it saves and logs."""

    epochs: Count = 150
    decay_epochs: Annotated[Whole, Neutral(0)] = 0
    start_from: Annotated[str | None, AfterValidator(_model), Neutral(None)] = None
    batch_size: Count = 1
    replicas: Annotated[ReplicaCount, Neutral(1)] = 1
    buffer_size: Count = 400
    jitter_scale: Annotated[float, Field(ge=1, le=4)] = 1.1171875
    mirror: bool = True
    resize: Literal["nearest", "bicubic"] = "nearest"
    rotation: Annotated[float, Field(ge=0, le=180), Neutral(0)] = 0
    zoom: Annotated[float, Field(ge=1, le=4), Neutral(1)] = 1
    colour: Annotated[Fraction, Neutral(0)] = 0
    cutout: Annotated[Fraction, Neutral(0)] = 0
    precision: Literal["float32", "bfloat16"] = "float32"
    select: Select = "last"
    checkpoint_epochs: Annotated[Count, SAVING] = 20
    keep_checkpoints: Annotated[Count, SAVING] = 2
    checkpoint_minutes: Annotated[Positive, SAVING] = 10
    log_every: Count = 100
    sample_epochs: Annotated[Count | None, Neutral(None)] = None
    sample_pairs: Count = 4
    validation_pairs: Count = 16

    @property
    def all_epochs(self) -> int:
        """The number of all epochs, with constant and with falling learning rate."""
        return self.epochs + self.decay_epochs
