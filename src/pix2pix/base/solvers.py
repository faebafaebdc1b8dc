"""What the command line and the parameters have to know of the steps in which a model makes a picture."""

from typing import Literal, get_args

Solver = Literal["euler", "heun"]
SOLVERS: tuple[Solver, ...] = get_args(Solver)
# A picture needs so many evaluations of the network at most.
MOST_STEPS = 50
