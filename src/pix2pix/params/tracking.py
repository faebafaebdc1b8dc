"""The section `tracking`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from pix2pix.params import words
from pix2pix.params.section import Section


class Tracking(Section):
    """The settings of MLflow."""

    experiment: Annotated[str, Field(min_length=1)] | None = None
    model_name: Annotated[str | None, AfterValidator(words.word)] = None
    log_model: bool = True
