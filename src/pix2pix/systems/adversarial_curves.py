"""The curves of a discriminator, for every system that has one.

A discriminator that cannot decide gives every patch the same answer; with cross-entropy it says 1/2 (Goodfellow et al.
2014, section 4.1). Its loss is then the neutral value of the adversarial loss in each of its two terms, and it judges
half of all patches right.

The keys say `fake` for generated pictures, because losses.csv and the checkpoints of earlier trainings have these keys.
"""

from pix2pix.losses import neutral
from pix2pix.losses.neutral import Neutral
from pix2pix.params.systems.adversarial import AdversarialSection
from pix2pix.training.curves import Curve, Role


def judging_curves(
    settings: AdversarialSection, is_mean: bool = False, name: str = "discriminator", player: str | None = None
) -> tuple[Curve, ...]:
    """Return the curves of `Judging.costs`: a loss, its two terms, two accuracies, and the penalty if there is one.

    Args:
        settings: the section of the system.
        is_mean: whether the loss is the mean of its two terms, and not their sum.
        name: the name of the discriminator, with which the keys begin.
        player: the player that it belongs to; by default it is one by itself.
    """
    each, player = neutral.OF[settings.adversarial], player or name
    both = each if each is None or is_mean else each.twice()
    return (
        _curve(f"{name}_loss", player, "loss", both),
        *(_curve(f"{name}_{kind}", player, "term", each) for kind in ("real", "fake")),
        *(Curve(f"{name}_accuracy_{kind}", player, "accuracy", 0.5) for kind in ("real", "fake")),
        *_penalty(settings, name, player),
    )


def critic_curves(settings: AdversarialSection, name: str = "discriminator") -> tuple[Curve, ...]:
    """Return the curves of a Wasserstein critic: its estimate of the distance, and its penalty if there is one.

    The estimate is the mean answer about real pictures minus that about generated ones (Arjovsky et al. 2017). It is 0
    for a critic that cannot decide. There is no border above which an answer means "real", and so no accuracy.
    """
    return Curve(f"{name}_estimate", name, "estimate", 0.0), *_penalty(settings, name, name)


def _penalty(settings: AdversarialSection, name: str, player: str) -> tuple[Curve, ...]:
    return (Curve(f"{name}_penalty", player, "penalty"),) if settings.gradient_penalty else ()


def persuasion_curve(settings: AdversarialSection, key: str, player: str) -> Curve:
    """Return the curve of `Judging.convincing`."""
    return _curve(key, player, "persuasion", neutral.OF_PERSUASION[settings.adversarial])


def gradient_curve(player: str) -> Curve:
    """Return the curve of the norm of a player's gradient."""
    return Curve(f"{player}_gradient_norm", player, "gradient")


def _curve(key: str, player: str, role: Role, value: Neutral | None) -> Curve:
    return Curve(key, player, role) if value is None else Curve(key, player, role, *value)
