"""The measures that a training takes after every epoch, by what its generator makes."""

from collections.abc import Callable, Mapping

from pix2pix.data.tasks import Task
from pix2pix.evaluation import likeness, resemblance
from pix2pix.evaluation.measure import Measure

# A function of two pictures, or of two sets of pictures.
Function = Callable[..., float]


def measures(task: Task) -> Mapping[Measure, Function]:
    """Return the measures with their functions: of pictures with their targets, or of two sets of pictures."""
    return resemblance.WATCHED if task.given is None else likeness.WATCHED
