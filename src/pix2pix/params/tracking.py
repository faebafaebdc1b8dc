"""The section `tracking`."""

from typing import Annotated

from pydantic import Field

from pix2pix.params.section import Section


class Tracking(Section):
    """The settings of MLflow."""

    experiment: Annotated[str, Field(min_length=1)] = "pix2pix-facades"
    log_model: bool = True
