"""What to change in `params.yaml`: each change names a key, its new value and the present one.

A change is left out where the training has no such key, so that the advice fits every system.
"""

import math
from collections.abc import Mapping
from typing import Any

# The values of the paper and its code.
_USUAL = {"learning_rate": 2e-4, "lambda_l1": 100.0, "jitter_scale": 1.1171875}


class Advice:
    """Changes for one training; every method gives them as `train.epochs: 300 (now 150)`."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """`asked`: the parameters of the training by path; no two paths end in the same key."""
        self._paths = {path.rpartition(".")[2]: path for path in asked}
        self._now = {key: asked[path] for key, path in self._paths.items()}

    def path(self, key: str) -> str:
        """The path of a key; the key itself if the training has no such parameter."""
        return self._paths.get(key, key)

    def smaller_steps(self) -> list[str]:
        """For a training that has diverged."""
        return [self._set(key, min(now / 10, _USUAL[key])) for key, now in self._have("learning_rate")]

    def more_epochs(self, factor: float) -> list[str]:
        """So many times the present epochs, rounded up."""
        return self.epochs(math.ceil((self._now.get("epochs", 0) + self._falling) * factor))

    def epochs(self, count: int) -> list[str]:
        """So many epochs in all; those in which the learning rate falls stay as many."""
        return [self._set(key, max(1, count - self._falling)) for key, _ in self._have("epochs")]

    def weaker_judge(self) -> list[str]:
        """For a player that judges too well: a harder task for it, or an easier one for the other player."""
        return [
            *self._halved("discriminator_filters"),
            *self._mapped("receptive_field", {16: 1, 70: 16, 286: 70}),
            *(self._mapped("loss", {"cgan": "cgan+l1"}) or self._not_above_usual("lambda_l1")),
            *self._doubled("generator_filters"),
            *self._more_jitter(),
        ]

    def stronger_judge(self) -> list[str]:
        """For a player that cannot judge: an easier task for it, or smaller steps."""
        return [
            *self._doubled("discriminator_filters"),
            *self._mapped("receptive_field", {1: 16, 16: 70}),
            *self._mapped("loss", {"gan+l1": "cgan+l1"}),
            *self._not_above_usual("learning_rate"),
        ]

    def less_fitting(self, epoch: int, measure: str) -> list[str]:
        """For a generator that overfits: that of an earlier epoch, or one that learns the pairs less well by heart."""
        select = self._mapped("select", {"last": f"validation_{measure}"})
        return [*select, *self.epochs(epoch), *self._more_jitter(), *self._halved("generator_filters")]

    def falling_steps(self) -> list[str]:
        """For a training that more epochs alone will not help."""
        return self._mapped("decay_epochs", {0: self._now.get("epochs")})

    @property
    def _falling(self) -> int:
        """The epochs in which the learning rate falls."""
        return self._now.get("decay_epochs", 0)

    def _more_jitter(self) -> list[str]:
        """Both players know fewer pairs by heart when these come in many forms."""
        jitter = [self._set(key, _USUAL[key]) for key, now in self._have("jitter_scale") if now <= 1]
        return [*self._mapped("mirror", {False: True}), *jitter]

    def _have(self, key: str) -> list[tuple[str, Any]]:
        """The key and its value, if the training has it."""
        return [(key, self._now[key])] if key in self._now else []

    def _halved(self, key: str) -> list[str]:
        return [self._set(key, now // 2) for key, now in self._have(key) if now > 1]

    def _doubled(self, key: str) -> list[str]:
        return [self._set(key, 2 * now) for key, now in self._have(key)]

    def _not_above_usual(self, key: str) -> list[str]:
        return [self._set(key, _USUAL[key]) for key, now in self._have(key) if now > _USUAL[key]]

    def _mapped(self, key: str, values: Mapping[Any, Any]) -> list[str]:
        """The value that follows the present one; nothing if none does."""
        return [self._set(key, values[now]) for key, now in self._have(key) if now in values]

    def _set(self, key: str, value: Any) -> str:
        new, old = (f"{x:g}" if isinstance(x, float) else str(x).lower() for x in (value, self._now[key]))
        return f"{self._paths[key]}: {new} (now {old})"


def change(changes: list[str]) -> str:
    """Changes as a sentence."""
    if not changes:
        return "Nothing."
    return f"Set {changes[0]}." if len(changes) == 1 else f"Try one at a time: {'; '.join(changes)}."
