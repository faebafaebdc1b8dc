"""The curves of pix2pix.

A discriminator that cannot decide says 1/2 to every patch (Goodfellow et al. 2014, section 4.1). Its loss is then the
neutral value of the adversarial loss in each of its two terms, and it judges half of all patches right.

The keys say `fake` for generated pictures, because losses.csv and the checkpoints of earlier trainings have these keys.
"""

from pix2pix.losses.neutral import Neutral
from pix2pix.training.curves import Curve


def pix2pix_curves(neutral: Neutral | None, discriminator_loss: str, l1_weight: float) -> tuple[Curve, ...]:
    """Return the curves, one for each column of `losses.csv`, in their order.

    Args:
        neutral: the neutral value of the adversarial loss; None if there is no discriminator.
        discriminator_loss: `sum` or `mean` of the discriminator's two terms.
        l1_weight: the weight of L1 in the loss of the generator.
    """
    total = Curve("generator_total", "generator", "loss")
    # The pictures of the loss span 2, from -1 to 1; the pictures of the measure span 1.
    distance = Curve("generator_l1", "generator", "distance", measure="l1", factor=0.5, weight=l1_weight)
    if neutral is None:
        return total, distance, _gradient("generator")
    persuasion = Curve("generator_gan", "generator", "persuasion", *neutral)
    judging = _discriminator({"sum": neutral.twice(), "mean": neutral}[discriminator_loss], neutral)
    return total, persuasion, distance, *judging, _gradient("generator"), _gradient("discriminator")


def _discriminator(both: Neutral, each: Neutral) -> tuple[Curve, ...]:
    """Return the curves of the discriminator: its loss, the two terms of the loss, and its accuracies."""
    return (
        Curve("discriminator_loss", "discriminator", "loss", *both),
        *(Curve(f"discriminator_{kind}", "discriminator", "term", *each) for kind in ("real", "fake")),
        *(Curve(f"discriminator_accuracy_{kind}", "discriminator", "accuracy", 0.5) for kind in ("real", "fake")),
    )


def _gradient(player: str) -> Curve:
    return Curve(f"{player}_gradient_norm", player, "gradient")
