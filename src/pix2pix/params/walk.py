"""How a model makes a picture in several steps."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pix2pix.base.solvers import MOST_STEPS, Solver
from pix2pix.params.values import Positive

Steps = Annotated[int, Field(ge=1, le=MOST_STEPS)]


class Walk(BaseModel):
    """The steps from a start to a picture.

    Attributes:
        noise: the standard deviation of the noise at the start, on the scale of the networks, from -1 to 1.
        solver: the method by which the differential equation of the way is solved.
        steps: the number of evaluations of the network.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    noise: Positive
    solver: Solver
    steps: Steps

    def asked(self, steps: int | None = None, solver: Solver | None = None) -> "Walk":
        """Return the same way with other steps; None for those here.

        Raises:
            ValidationError: there are too many steps, or none.
        """
        return Walk(
            noise=self.noise,
            solver=self.solver if solver is None else solver,
            steps=self.steps if steps is None else steps,
        )

    @property
    def words(self) -> str:
        """The steps in words: `16 steps of Heun`."""
        return "1 step" if self.steps == 1 else f"{self.steps} steps of {self.solver.capitalize()}"
