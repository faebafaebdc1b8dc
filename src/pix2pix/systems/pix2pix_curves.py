"""The curves of pix2pix.

Neutral is a discriminator that says 1/2 to every patch (Goodfellow et al. 2014, section 4.1): ln 2 for each
cross-entropy, 2 ln 2 for the sum of its two terms, half of all patches judged right.
"""

import math

from pix2pix.training.curves import Curve

LN2 = math.log(2)
TERMS = "−log D(real), −log(1 − D(generated)). Lower: it tells them apart."
NORMS = "The norm of the gradient of its loss, on a logarithmic scale."


def pix2pix_curves(loss: str, discriminator_loss: str, lambda_l1: float) -> tuple[Curve, ...]:
    """The columns of `losses.csv`, in their order.

    Args:
        loss: `cgan+l1`, `gan+l1`, `cgan`, or `l1`, which has no discriminator.
        discriminator_loss: `sum` or `mean` of its two terms.
        lambda_l1: λ, the weight of L1 where `loss` names both.
    """
    weight = {"l1": 1.0, "cgan": 0.0}.get(loss, lambda_l1)
    total = Curve("generator_total", "Loss of the generator", "generator", "loss")
    distance = Curve(
        "generator_l1", "L1 while training", "generator", "distance", "L1", "while training",
        measure="l1", factor=0.5, weight=weight,  # the pictures of the loss are of a range -1 to 1
    )  # fmt: skip
    if loss == "l1":
        return total, distance, _gradient("generator")
    persuasion = Curve(
        "generator_gan", "Generator", "generator", "persuasion", "Generator", "adversarial loss",
        "−log D(generated). Lower: it fools the discriminator.", LN2, "ln 2",
    )  # fmt: skip
    judging = _discriminator(discriminator_loss)
    return total, persuasion, distance, *judging, _gradient("generator"), _gradient("discriminator")


def _discriminator(rule: str) -> tuple[Curve, ...]:
    """Its loss, the two terms of it, and how often it is right."""
    neutral, name = {"sum": (2 * LN2, "2 ln 2"), "mean": (LN2, "ln 2")}[rule]
    loss = Curve(
        "discriminator_loss", "Discriminator", "discriminator", "loss", "Discriminator", "loss",
        f"The {rule} of its two terms.", neutral, name,
    )  # fmt: skip
    return loss, _term("real"), _term("fake"), _accuracy("real"), _accuracy("fake")


def _term(kind: str) -> Curve:
    of = {"real": "real pictures", "fake": "generated ones"}[kind]
    title = f"Loss of the discriminator on {of}"
    return Curve(f"discriminator_{kind}", title, "discriminator", "term", "Its two terms", of, TERMS, LN2, "ln 2")


def _accuracy(kind: str) -> Curve:
    of = {"real": "real", "fake": "generated"}[kind]
    return Curve(
        f"discriminator_accuracy_{kind}", f"Its accuracy on {of} patches", "discriminator", "accuracy",
        "Its accuracy", of, "Share of the patches that it takes for what they are.", 0.5,
    )  # fmt: skip


def _gradient(player: str) -> Curve:
    return Curve(
        f"{player}_gradient_norm", f"Gradient of the {player}", player, "gradient", "Gradients", player, NORMS,
        logarithmic=True,
    )  # fmt: skip
