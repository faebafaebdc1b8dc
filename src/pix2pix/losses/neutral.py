"""The values of adversarial losses for a discriminator that cannot tell real from generated."""

import math
from typing import NamedTuple


class Neutral(NamedTuple):
    """A neutral value, and how people write it: `ln 2`; empty if the number itself says it."""

    value: float
    name: str


CROSS_ENTROPY = Neutral(math.log(2), "ln 2")
