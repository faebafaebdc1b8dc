"""The curves of CycleGAN: for each direction its generator, its discriminator, its cycle and its identity.

The direction from input to target has the plain names `generator` and `discriminator`; those of the other one begin
with `back`.
"""

from pix2pix.params.systems.cyclegan import CycleGAN
from pix2pix.systems.adversarial_curves import gradient_curve, judging_curves, persuasion_curve
from pix2pix.training.curves import Curve

# The names of generator and discriminator in the curves, by direction.
FORTH, BACK = ("generator", "discriminator"), ("back_generator", "back_discriminator")


def cyclegan_curves(settings: CycleGAN) -> tuple[Curve, ...]:
    """Return the curves, one for each column of `losses.csv`, in their order.

    The generators have one optimiser, and so have the discriminators, so there are two gradients. But each
    discriminator faces one generator, so their other curves have players of their own.
    """
    return (
        Curve("generators_total", "generators", "loss"),
        *(persuasion_curve(settings, f"{maker}_gan", maker) for maker, _ in (FORTH, BACK)),
        *_distances("cycle", settings.lambda_cycle),
        *(_distances("identity", settings.lambda_cycle * settings.lambda_identity)),
        *(curve for _, judge in (FORTH, BACK) for curve in judging_curves(settings, is_mean=True, name=judge)),
        gradient_curve("generators"),
        gradient_curve("discriminators"),
    )


def _distances(kind: str, weight: float) -> tuple[Curve, ...]:
    """Return the distances of both fields. A cycle is always computed, an identity only if it counts."""
    names = ("input", "target") if weight or kind == "cycle" else ()
    return tuple(Curve(f"{kind}_{name}", "generators", "distance", weight=weight) for name in names)
