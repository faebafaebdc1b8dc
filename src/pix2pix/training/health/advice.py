"""Advice on what to change in `params.yaml`. Each change names a key, its new value and its present value.

A change is left out if the training has no such key, or if the check of params.yaml would refuse the new value.
So the advice fits every system.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from pix2pix.base.solvers import MOST_STEPS
from pix2pix.params.model import SYSTEMS
from pix2pix.params.section import SystemSection
from pix2pix.params.systems.adversarial import OFF, SOFTENED, WITH_LABELS

# The values of the papers and their code.
_USUAL = {"learning_rate": 2e-4, "lambda_l1": 100.0, "jitter_scale": 1.1171875, "gradient_penalty": 10.0}
# The remedies against a judging player that wins, each with its usual value; the sources are in `params.yaml`.
_REMEDIES = {
    "diff_augment": "colour+translation+cutout",
    "instance_noise": 0.1,
    "discriminator_dropout": 0.3,
    "label_noise": 0.1,
    "label_flips": 0.05,
    "label_smoothing": 0.1,
    "spectral_norm": True,
}
# The factor between two learning rates in the paper on two of them (Zhang et al. 2019: 1e-4 and 4e-4).
_APART = 4
_EMA = 0.999


class Advice:
    """Changes for one training. Every method returns them as `train.epochs: 300 (now 150)`."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """Take the parameters of a training by path, no two of which end in the same key."""
        self._system = SYSTEMS.get(asked.get("model.system", ""), SystemSection)
        self._paths = {path.rpartition(".")[2]: path for path in asked}
        self._now = {key: asked[path] for key, path in self._paths.items()}

    def path(self, key: str) -> str:
        """Return the path of a key, or the key itself if the training has no such parameter."""
        return self._paths.get(key, key)

    def smaller_steps(self) -> list[str]:
        """Return changes for a training that has diverged."""
        return [
            *self._to("learning_rate", lambda now: min(now / 10, _USUAL["learning_rate"])),
            *self._to("discriminator_learning_rate", lambda now: now and now / 10),
        ]

    def more_epochs(self, factor: float) -> list[str]:
        """Return the change to `factor` times the present epochs, rounded up."""
        return self.epochs(math.ceil((self._now.get("epochs", 0) + self._falling) * factor))

    def epochs(self, count: int) -> list[str]:
        """Return the change to `count` epochs in all; the epochs of the falling learning rate stay as many."""
        return self._to("epochs", lambda _: max(1, count - self._falling))

    def weaker_judge(self) -> list[str]:
        """Return changes for a player that judges too well: a harder task for it, or an easier one for the other."""
        return [
            *self._judges_rate(1 / _APART),
            *self._remedies(),
            *self._halved("discriminator_filters"),
            *self._mapped("receptive_field", {16: 1, 70: 16, 286: 70}),
            *(self._mapped("loss", self._system.against_winner) or self._not_above_usual("lambda_l1")),
            *self._doubled("generator_filters"),
            *self._more_jitter(),
        ]

    def stronger_judge(self) -> list[str]:
        """Return changes for a player that cannot judge: an easier task for it, or a lower learning rate."""
        return [
            *(change for key in _REMEDIES for change in self._off(key)),
            *self._judges_rate(_APART),
            *self._doubled("critic_steps"),
            *self._doubled("discriminator_filters"),
            *self._mapped("receptive_field", {1: 16, 16: 70}),
            *self._mapped("loss", self._system.against_guesser),
            *self._not_above_usual("learning_rate"),
        ]

    def held_critic(self) -> list[str]:
        """Return changes for a critic whose answers change too fast: a heavier penalty, or smaller steps."""
        usual = _USUAL["gradient_penalty"]
        penalty = self._to("gradient_penalty", lambda now: usual if now < usual else now * 10)
        return [*penalty, *self.smaller_steps()]

    def more_variety(self) -> list[str]:
        """Return changes for a generator that makes few pictures only: smaller steps, and more pictures in each."""
        rate = self._to("learning_rate", lambda now: now / 2)
        return [*rate, *self._doubled("batch_size"), *self._doubled("discriminator_filters")]

    def another_rate(self) -> list[str]:
        """Return changes for a player without a judge that learns nothing: larger steps, or smaller ones."""
        return [
            *self._to("learning_rate", lambda now: now * 3),
            *self._to("learning_rate", lambda now: now * 0.1),
        ]

    def more_noise(self) -> list[str]:
        """Return changes for answers that keep their inputs: a start farther from them, or more epochs."""
        return [*self._doubled("noise_level"), *self.more_epochs(2)]

    def more_steps(self) -> list[str]:
        """Return changes for answers that are alike: more steps on the way, or more epochs."""
        return [*self._to("steps", lambda now: min(2 * now, MOST_STEPS)), *self.more_epochs(2)]

    def less_fitting(self, epoch: int, measure: str) -> list[str]:
        """Return changes for a generator that overfits: an earlier epoch, or a generator that memorises less."""
        select = self._mapped("select", {"last": f"validation_{measure}"})
        return [*select, *self.epochs(epoch), *self._more_jitter(), *self._halved("generator_filters")]

    def falling_steps(self) -> list[str]:
        """Return changes for a training that more epochs alone will not help."""
        return [*self._mapped("decay_epochs", {0: self._now.get("epochs")}), *self._mapped("ema", {0: _EMA})]

    @property
    def _falling(self) -> int:
        """The number of epochs in which the learning rate falls."""
        return self._now.get("decay_epochs", 0)

    def _judges_rate(self, factor: float) -> list[str]:
        """Return the change of the judging player's learning rate, which may be the common one."""
        return self._to("discriminator_learning_rate", lambda now: (now or self._now["learning_rate"]) * factor)

    def _remedies(self) -> list[str]:
        """Return the remedies that are off, each at its usual value."""
        fits = self._now.get("adversarial") in WITH_LABELS
        allowed = {key: value for key, value in _REMEDIES.items() if fits or key not in SOFTENED}
        return [change for key, value in allowed.items() for change in self._mapped(key, {OFF[key]: value})]

    def _off(self, key: str) -> list[str]:
        """Return the change that switches off a remedy that is on."""
        return self._to(key, lambda _: OFF[key])

    def _more_jitter(self) -> list[str]:
        """Return changes that show each pair in more forms, so that both players memorise less."""
        jitter = self._to("jitter_scale", lambda now: _USUAL["jitter_scale"] if now <= 1 else None)
        return [*self._mapped("mirror", {False: True}), *jitter]

    def _halved(self, key: str) -> list[str]:
        return self._to(key, lambda now: max(1, now // 2))

    def _doubled(self, key: str) -> list[str]:
        return self._to(key, lambda now: 2 * now)

    def _not_above_usual(self, key: str) -> list[str]:
        return self._to(key, lambda now: min(now, _USUAL[key]))

    def _mapped(self, key: str, values: Mapping[Any, Any]) -> list[str]:
        """Return the change to the value that `values` has for the present one, if it has one."""
        return self._to(key, values.get)

    def _to(self, key: str, change: Callable[[Any], Any]) -> list[str]:
        """Return a change of a key, or none: if the training has no such key, or the check would refuse the new value.

        Args:
            key: the last part of its path.
            change: gives the new value for the present one; None for no change.
        """
        if key not in self._now:
            return []
        now = self._now[key]
        new = change(now)
        if new is None or new == now or not self._accepts(key, new):
            return []
        return [f"{self._paths[key]}: {_written(new)} (now {_written(now)})"]

    def _accepts(self, key: str, value: Any) -> bool:
        """Whether the section of the system takes a value beside the present ones."""
        section = {name: self._now[name] for name, path in self._paths.items() if path == f"model.{name}"}
        return key not in section or not self._takes(section) or self._takes(section | {key: value})

    def _takes(self, section: Mapping[str, Any]) -> bool:
        try:
            self._system.model_validate(section)
        except ValidationError:
            return False
        return True


def _written(value: Any) -> str:
    """Write a value as `params.yaml` has it."""
    if value is None:
        return "null"
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def change(changes: list[str]) -> str:
    """Write changes as a sentence."""
    if not changes:
        return "Nothing."
    return f"Set {changes[0]}." if len(changes) == 1 else f"Try one at a time: {'; '.join(changes)}."
