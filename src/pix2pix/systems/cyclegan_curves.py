"""The curves of CycleGAN: for each direction its generator, its discriminator, its cycle and its identity.

The direction from input to target has the plain names `generator` and `discriminator`; those of the other one begin
with `back`.
"""

from pix2pix.losses.neutral import Neutral
from pix2pix.training.curves import Curve

# The names of the players in the curves, which have two networks each, by direction: the generator's and its judge's.
FORTH, BACK = ("generator", "discriminator"), ("back_generator", "back_discriminator")


def cyclegan_curves(neutral: Neutral, cycle: float, identity: float) -> tuple[Curve, ...]:
    """Return the curves, one for each column of `losses.csv`, in their order.

    Args:
        neutral: the neutral value of the adversarial loss. The discriminators' loss is the mean of two terms.
        cycle: the weight of the cycle.
        identity: the weight of the identity; 0 if it is not computed.
    """
    return (
        Curve("generators_total", "generators", "loss"),
        *(Curve(f"{maker}_gan", maker, "persuasion", *neutral) for maker, _ in (FORTH, BACK)),
        *(Curve(f"cycle_{name}", "generators", "distance", weight=cycle) for name in ("input", "target")),
        *_identities(identity),
        *(curve for _, judge in (FORTH, BACK) for curve in _judging(judge, neutral)),
        *(Curve(f"{player}_gradient_norm", player, "gradient") for player in ("generators", "discriminators")),
    )


def _identities(weight: float) -> tuple[Curve, ...]:
    names = ("input", "target") if weight else ()
    return tuple(Curve(f"identity_{name}", "generators", "distance", weight=weight) for name in names)


def _judging(judge: str, neutral: Neutral) -> tuple[Curve, ...]:
    """Return the curves of a discriminator: its loss, the two terms of the loss, and its accuracies."""
    return (
        Curve(f"{judge}_loss", judge, "loss", *neutral),
        *(Curve(f"{judge}_{kind}", judge, "term", *neutral) for kind in ("real", "fake")),
        *(Curve(f"{judge}_accuracy_{kind}", judge, "accuracy", 0.5) for kind in ("real", "fake")),
    )
