"""The section `segmenter`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pix2pix.params.messages import ProblemError
from pix2pix.params.section import SAVING, Neutral, Section
from pix2pix.params.values import Count, Positive, ReplicaCount, is_there


class Segmenter(Section):
    """The FCN that reads class maps from photos, and when its training saves and logs."""

    backbone: Literal["compact", "efficientnet_lite0", "vgg16"] = "compact"
    weights: str | None = None
    epochs: Count = 120
    batch_size: Count = 8
    replicas: Annotated[ReplicaCount, Neutral(1)] = 1
    crop: Annotated[int, Field(ge=32, multiple_of=32)] = 192
    filters: Count = 24
    learning_rate: Positive = 1e-3
    precision: Annotated[Literal["float32", "bfloat16"], Neutral("float32")] = "float32"
    log_every: Count = 20
    checkpoint_minutes: Annotated[Positive, SAVING] = 10

    @model_validator(mode="after")
    def _agree(self) -> "Segmenter":
        if self.weights is not None and self.backbone == "compact":
            raise ProblemError("weights", self.weights, "null with segmenter.backbone: compact, which has no others")
        if self.weights not in (None, "imagenet") and self.backbone == "efficientnet_lite0":
            raise ProblemError("weights", self.weights, "null or imagenet with segmenter.backbone: efficientnet_lite0")
        if self.weights not in (None, "imagenet") and not is_there(self.weights, Path.is_file):
            raise ProblemError("weights", self.weights, "null, imagenet, or a file that exists")
        return self
