"""Values of adversarial losses for a discriminator that cannot tell real from generated. Nothing is computed here."""

import math
from typing import NamedTuple


class Neutral(NamedTuple):
    """Such a value, and how people write it."""

    value: float
    name: str


CROSS_ENTROPY = Neutral(math.log(2), "ln 2")
