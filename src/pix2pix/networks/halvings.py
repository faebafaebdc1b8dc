"""How often the networks that judge or make a whole picture halve or double it."""

import math

# The innermost map of a square whose side is a power of two has this side (Radford et al. 2016; Foster 2023: 64 -> 4).
INNERMOST = 4


def halvings(size: tuple[int, int]) -> int:
    """Return how often the sides, in pixels, are halved: down to 4 and more, as long as they stay whole.

    A side of 64 is halved 4 times to 4, one of 96 also 4 times to 6, one of 32 3 times.
    """
    return min(whole_halvings(size), (min(size) // INNERMOST).bit_length() - 1)


def whole_halvings(size: tuple[int, int]) -> int:
    """Return how often both sides can be halved and stay whole; 0 also for sides without a pixel."""
    divisor = math.gcd(*size) if min(size) > 0 else 1
    return (divisor & -divisor).bit_length() - 1  # the number of factors 2
