"""The values of adversarial losses for a discriminator that cannot tell real from generated."""

import math
from collections.abc import Mapping
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
# The best constant answer is 1/2, and its distance to 0 and to 1 is 1/2.
LEAST_SQUARES = Neutral(0.25, "1/4")
# Every constant answer c in [-1, 1] costs 1 - c and 1 + c: 1 in the mean.
HINGE = Neutral(1.0, "")
# The neutral value of one term of the discriminator's loss, by the name of the loss. A constant may be added to all
# answers of a Wasserstein critic without any effect, so it has none.
OF: Mapping[str, Neutral | None] = {
    "cross_entropy": CROSS_ENTROPY,
    "least_squares": LEAST_SQUARES,
    "hinge": HINGE,
    "wasserstein": None,
}
# The same for the loss by which a generator learns to convince the discriminator. With hinge it depends on the
# constant answer, which may be any in [-1, 1].
OF_PERSUASION: Mapping[str, Neutral | None] = {**OF, "hinge": None}
