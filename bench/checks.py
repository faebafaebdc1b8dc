"""Is a subject what it is called: its parameters are counted and its first losses looked at before it is timed."""

import math
from collections.abc import Mapping

SIZE = 256
# Of the tutorial's networks at 256x256, moving statistics included.
GENERATOR, DISCRIMINATOR = 54_425_859, 2_770_433
# An untrained discriminator cannot tell: each of its terms begins near ln 2, and the loss sums two of them.
NEUTRAL = {"generator_gan": math.log(2), "discriminator_loss": 2 * math.log(2)}
# First weights are random, and so are first losses; what is wrong is off by more than this factor.
BROAD = 2.0


def check_parameters(generator: int, discriminator: int, expected_generator: int = GENERATOR) -> None:
    """Compare the numbers of parameters with the tutorial's.

    Raises:
        ValueError: a network has another number.
    """
    for name, found, expected in (
        ("generator", generator, expected_generator),
        ("discriminator", discriminator, DISCRIMINATOR),
    ):
        if found != expected:
            raise ValueError(f"the {name} has {found:,} parameters instead of {expected:,}")


def check_first_losses(losses: Mapping[str, float]) -> None:
    """See that the losses of the first step are those of untrained networks.

    Args:
        losses: by name; `generator_gan` and `discriminator_loss` among them.

    Raises:
        ValueError: one is not finite, or one of these two is far from what a discriminator that cannot tell would give.
    """
    for name, value in losses.items():
        if not math.isfinite(value):
            raise ValueError(f"the first {name} is {value}")
    for name, neutral in NEUTRAL.items():
        if not neutral / BROAD < losses[name] < neutral * BROAD:
            raise ValueError(f"the first {name} is {losses[name]:.3f}, far from {neutral:.3f}")
