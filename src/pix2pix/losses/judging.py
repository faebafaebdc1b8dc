"""A discriminator's game with its remedies: what it sees, what it is taught, and what it costs.

Every system with a discriminator plays it in the same few lines (see `systems.pix2pix`):

    self._judging = Judging(settings)                                      # in __init__
    draw.dropout(self.discriminator)                                       # in judge
    return self._judging.verdicts(critic, real, generated, [condition], draw)
    return self._judging.costs(verdicts)                                   # in losses, for the discriminator
    convinced = self._judging.convincing(verdicts)                         # in losses, for the generator
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.losses.adversarial import LOSSES, share_judged, weighed
from pix2pix.losses.chance import Chance
from pix2pix.losses.diff_augment import diff_augment
from pix2pix.losses.gradient_penalty import gradient_penalty, mixture
from pix2pix.losses.labels import taught_labels, teaches_truth
from pix2pix.params.systems.adversarial import AdversarialSection

# A discriminator as a function of the picture to judge, and of the pictures that it should fit; it returns logits.
Critic = Callable[..., tf.Tensor]
Tensors = dict[str, tf.Tensor]


class Judging:
    """An adversarial loss with its remedies.

    The curves are measured against the true labels, 1 and 0, and without the penalty, whatever the discriminator is
    taught. So their neutral values hold with every remedy, and runs can be compared.
    """

    def __init__(
        self,
        settings: AdversarialSection,
        name: str = "discriminator",
        factor: float = 1.0,
        weights: NDArray[np.float32] | None = None,
        times: float = 1.0,
    ) -> None:
        """Take the settings.

        Args:
            settings: the section of the system.
            name: the name of the discriminator: its curves begin with it, and its random numbers are its own.
            factor: the factor of the sum of the two terms of its loss: 1, or 1/2 for their mean.
            weights: how much each answer about a picture counts, if they do not count alike; their mean is 1.
            times: another factor of what the discriminator minimises, which the curves and the penalty do not have.
        """
        self._settings, self._name, self._factor = settings, name, factor
        self._weights, self._times = weights, times
        loss = LOSSES[settings.adversarial]
        self._loss = loss if weights is None else weighed(loss, weights)

    def verdicts(
        self,
        critic: Critic,
        real: tf.Tensor | None,
        generated: tf.Tensor,
        conditions: Sequence[tf.Tensor],
        chance: Chance,
    ) -> Tensors:
        """Ask the discriminator.

        Args:
            critic: the discriminator.
            real: the real pictures, float `(batch, height, width, channels)` in [-1, 1]; None if the discriminator does
                not learn in this move.
            generated: the generated pictures.
            conditions: the pictures that a picture should fit, which are augmented with it: none for a discriminator
                without a condition. A condition that is no picture belongs into `critic`.
            chance: the random numbers, a `Draw`.

        Returns:
            The logits as `generated` and, if there are real pictures, as `real`; with a remedy also what it needs.
        """
        if real is None:
            return {"generated": self._ask(critic, "generated", generated, conditions, chance)}
        found = {"real": self._ask(critic, "real", real, conditions, chance)}
        found["generated"] = self._ask(critic, "generated", generated, conditions, chance)
        if not teaches_truth(self._settings):
            found |= {
                f"{kind}_labels": taught_labels(self._settings, found[kind], kind == "real", chance, self._name)
                for kind in ("real", "generated")
            }
        if self._settings.gradient_penalty:
            found["penalty"] = self._penalty(critic, real, generated, conditions, chance)
        return found

    def costs(self, verdicts: Mapping[str, tf.Tensor]) -> Tensors:
        """Return the discriminator's loss as `total`, and its curves by their keys, all scalars."""
        loss, name = self._loss, self._name
        real, generated = loss.of(verdicts["real"], True), loss.of(verdicts["generated"], False)
        both = self._factor * (real + generated)
        border = self._border(verdicts)
        curves = {
            f"{name}_loss": both,
            f"{name}_real": real,
            f"{name}_fake": generated,
            f"{name}_accuracy_real": share_judged(verdicts["real"], True, border),
            f"{name}_accuracy_fake": share_judged(verdicts["generated"], False, border),
        }
        if "penalty" in verdicts:
            curves[f"{name}_penalty"] = verdicts["penalty"]
        return {"total": self._minimised(both, verdicts), **curves}

    def convincing(self, verdicts: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the loss by which the generator learns to convince the discriminator, a scalar."""
        return self._loss.convincing(verdicts["generated"])

    def _ask(
        self, critic: Critic, kind: str, picture: tf.Tensor, conditions: Sequence[tf.Tensor], chance: Chance
    ) -> tf.Tensor:
        return critic(*self._seen(kind, picture, conditions, chance))

    def _seen(
        self, kind: str, picture: tf.Tensor, conditions: Sequence[tf.Tensor], chance: Chance
    ) -> Sequence[tf.Tensor]:
        """Return what the discriminator sees: with DiffAugment, then with noise on the picture to judge.

        Instance noise has one standard deviation for the whole training (Arjovsky & Bottou 2017, section 3).
        """
        pictures: Sequence[tf.Tensor] = [picture, *conditions]
        if kinds := self._settings.augmentations:
            pictures = diff_augment(pictures, kinds, chance, f"{self._name}/{kind}")
        if deviation := self._settings.instance_noise:
            first, *others = pictures
            noise = chance.normal(f"{self._name}/{kind} instance noise", tf.shape(first))
            pictures = [first + deviation * noise, *others]
        return pictures

    def _penalty(
        self,
        critic: Critic,
        real: tf.Tensor,
        generated: tf.Tensor,
        conditions: Sequence[tf.Tensor],
        chance: Chance,
    ) -> tf.Tensor:
        weights = chance.uniform(f"{self._name}/mixture", [tf.shape(real)[0], 1, 1, 1])
        seen, *others = self._seen("mixture", mixture(real, generated, weights), conditions, chance)
        return gradient_penalty(lambda pictures: critic(pictures, *others), seen, self._weights)

    def _border(self, verdicts: Mapping[str, tf.Tensor]) -> float | tf.Tensor:
        if self._loss.border is not None:
            return self._loss.border
        return (tf.reduce_mean(verdicts["real"]) + tf.reduce_mean(verdicts["generated"])) / 2

    def _minimised(self, both: tf.Tensor, verdicts: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return what the discriminator minimises: the loss for the labels that it is taught, and the penalty."""
        total = both
        if "real_labels" in verdicts:
            taught = [self._loss.taught(verdicts[kind], verdicts[f"{kind}_labels"]) for kind in ("real", "generated")]
            total = self._factor * (taught[0] + taught[1])
        if self._times != 1:
            total *= self._times
        if "penalty" in verdicts:
            total += self._settings.gradient_penalty * verdicts["penalty"]
        return total
