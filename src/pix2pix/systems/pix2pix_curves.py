"""The curves of pix2pix: those of its discriminator, and the distance to the target."""

from pix2pix.params.systems.pix2pix import Pix2pix
from pix2pix.systems.adversarial_curves import gradient_curve, judging_curves, persuasion_curve
from pix2pix.training.curves import Curve


def pix2pix_curves(settings: Pix2pix, l1_weight: float) -> tuple[Curve, ...]:
    """Return the curves, one for each column of `losses.csv`, in their order.

    Args:
        settings: the section; without an adversarial loss L1 is the only loss.
        l1_weight: the weight of L1 in the loss of a generator with an adversary.
    """
    alone = not settings.has_judge
    total = Curve("generator_total", "generator", "loss")
    # The pictures of the loss span 2, from -1 to 1; the pictures of the measure span 1.
    weight = 1.0 if alone else l1_weight
    distance = Curve("generator_l1", "generator", "distance", measure="l1", factor=0.5, weight=weight)
    if alone:
        return total, distance, gradient_curve("generator")
    judging = judging_curves(settings, settings.discriminator_loss == "mean")
    varied = (Curve("generator_answers_apart", "generator", "reward"),) if settings.lambda_diversity else ()
    gradients = gradient_curve("generator"), gradient_curve("discriminator")
    return total, persuasion_curve(settings, "generator_gan", "generator"), distance, *varied, *judging, *gradients
