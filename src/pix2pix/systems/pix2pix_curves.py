"""The curves of pix2pix.

A discriminator that cannot decide says 1/2 to every patch (Goodfellow et al. 2014, section 4.1). Its loss is then the
neutral value of the adversarial loss in each of its two terms, and it judges half of all patches right.
"""

from pix2pix.losses.neutral import Neutral
from pix2pix.training.curves import Curve

_TERMS = "−log D(real), −log(1 − D(generated)). Lower: it tells them apart."
_NORMS = "The norm of the gradient of its loss, on a logarithmic scale."


def pix2pix_curves(neutral: Neutral | None, discriminator_loss: str, l1_weight: float) -> tuple[Curve, ...]:
    """The columns of `losses.csv`, in their order.

    Args:
        neutral: of the adversarial loss; None: there is no discriminator.
        discriminator_loss: `sum` or `mean` of its two terms.
        l1_weight: how much L1 counts in the loss of the generator.
    """
    total = Curve("generator_total", "Loss of the generator", "generator", "loss")
    distance = Curve(
        "generator_l1", "L1 while training", "generator", "distance", "L1", "while training",
        measure="l1", factor=0.5, weight=l1_weight,  # the pictures of the loss are of a range -1 to 1
    )  # fmt: skip
    if neutral is None:
        return total, distance, _gradient("generator")
    persuasion = Curve(
        "generator_gan", "Generator", "generator", "persuasion", "Generator", "adversarial loss",
        "−log D(generated). Lower: it fools the discriminator.", *neutral,
    )  # fmt: skip
    judging = _discriminator(discriminator_loss, neutral)
    return total, persuasion, distance, *judging, _gradient("generator"), _gradient("discriminator")


def _discriminator(rule: str, neutral: Neutral) -> tuple[Curve, ...]:
    """Its loss, the two terms of it, and how often it is right."""
    twice = Neutral(2 * neutral.value, f"2 {neutral.name}" if neutral.name else "")
    both = {"sum": twice, "mean": neutral}[rule]
    loss = Curve(
        "discriminator_loss", "Discriminator", "discriminator", "loss", "Discriminator", "loss",
        f"The {rule} of its two terms.", *both,
    )  # fmt: skip
    return loss, _term("real", neutral), _term("fake", neutral), _accuracy("real"), _accuracy("fake")


def _term(kind: str, neutral: Neutral) -> Curve:
    of = {"real": "real pictures", "fake": "generated ones"}[kind]
    title = f"Loss of the discriminator on {of}"
    return Curve(f"discriminator_{kind}", title, "discriminator", "term", "Its two terms", of, _TERMS, *neutral)


def _accuracy(kind: str) -> Curve:
    of = {"real": "real", "fake": "generated"}[kind]
    return Curve(
        f"discriminator_accuracy_{kind}", f"Its accuracy on {of} patches", "discriminator", "accuracy",
        "Its accuracy", of, "Share of the patches that it takes for what they are.", 0.5,
    )  # fmt: skip


def _gradient(player: str) -> Curve:
    return Curve(
        f"{player}_gradient_norm", f"Gradient of the {player}", player, "gradient", "Gradients", player, _NORMS,
        logarithmic=True,
    )  # fmt: skip
