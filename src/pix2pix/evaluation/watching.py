"""The measures that a training takes after every epoch, by what its generator makes."""

from collections.abc import Callable, Mapping

from pix2pix.evaluation import likeness, resemblance
from pix2pix.evaluation.measure import Measure
from pix2pix.params import Data

# A function of two pictures, or of two sets of pictures.
Function = Callable[..., float]


def measures(data: Data) -> Mapping[Measure, Function]:
    """Return the measures with their functions: of pictures with their targets, or of two sets of pictures."""
    return likeness.WATCHED if data.has_input else resemblance.WATCHED
