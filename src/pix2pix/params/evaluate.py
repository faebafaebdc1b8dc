"""The section `evaluate`."""

from pathlib import Path

from pydantic import model_validator

from pix2pix.base.solvers import Solver
from pix2pix.params.messages import ProblemError
from pix2pix.params.section import Count, Section, Whole, is_there
from pix2pix.params.walk import Steps


class Evaluate(Section):
    """The scores of the trained generator."""

    dropout_seed: Whole = 0
    dropout_repeats: Count = 5
    steps: list[Steps] | None = None
    solver: Solver | None = None
    beside: str = "models/beside"

    @property
    def all_steps(self) -> list[int]:
        """The numbers of steps in which a model that makes its pictures in steps is scored."""
        return [1, 4, 16] if self.steps is None else self.steps

    @model_validator(mode="after")
    def _agree(self) -> "Evaluate":
        if self.beside != Evaluate.model_fields["beside"].default and (
            not self.beside or self.beside.startswith("~") or not is_there(self.beside, Path.is_dir)
        ):
            raise ProblemError("beside", self.beside, "a folder that exists, its name written out (no ~)")
        return self
