"""The values of adversarial losses for a discriminator that cannot tell real from generated."""

import math
from typing import NamedTuple


class Neutral(NamedTuple):
    """A neutral value, and how people write it: `ln 2`, `1/4`; empty if the number itself says it."""

    value: float
    name: str

    def twice(self) -> "Neutral":
        """Return the double of the value: `2 ln 2`, `2 × 1/4`."""
        times = " × " if self.name[:1].isdigit() else " "
        return Neutral(2 * self.value, f"2{times}{self.name}" if self.name else "")


CROSS_ENTROPY = Neutral(math.log(2), "ln 2")
LEAST_SQUARES = Neutral(0.25, "1/4")
