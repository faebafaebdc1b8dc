"""The section `evaluate`."""

from pathlib import Path

from pydantic import model_validator

from pix2pix.base.solvers import Solver
from pix2pix.params.messages import ProblemError
from pix2pix.params.section import Section
from pix2pix.params.values import Count, Sha256, Whole, is_there
from pix2pix.params.walk import Steps


class Evaluate(Section):
    """The scores of the trained generator."""

    seed: Whole = 0
    repeats: Count = 5
    steps: list[Steps] | None = None
    solver: Solver | None = None
    beside: str = "models/beside"
    inception_weights: str | None = None
    inception_sha256: Sha256 | None = None

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
        self._check_inception()
        return self

    def _check_inception(self) -> None:
        """Refuse weights that are not there, and weights without their hash."""
        weights, sha256 = self.inception_weights, self.inception_sha256
        if weights is not None and not is_there(weights, Path.is_file):
            raise ProblemError("inception_weights", weights, "null, or a file that exists, its name written out (no ~)")
        if weights is None and sha256 is not None:
            raise ProblemError("inception_weights", None, "the file of evaluate.inception_sha256; or both must be null")
        if weights is not None and sha256 is None:
            allowed = f"the SHA-256 of evaluate.inception_weights (`sha256sum {weights}`); or both must be null"
            raise ProblemError("inception_sha256", None, allowed)
