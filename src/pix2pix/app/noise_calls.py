"""The calls of the page of a model that starts from noise. The server remembers nothing between them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pix2pix.app.calls import Answer, check_seed, in_base64, offered, told
from pix2pix.app.models import Models, identity, same
from pix2pix.base.errors import UserError, number_of
from pix2pix.base.pictures import png
from pix2pix.models import facts
from pix2pix.models.sampler import Sampler, arc

_MOST = 64


class NoiseCalls:
    """The calls, with the models that are offered; see `calls.Calls`."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def all(self) -> dict[str, Callable[..., Answer]]:
        """The calls by name."""
        calls: tuple[Callable[..., Answer], ...] = (self.models, self.describe, self.draw, self.between)
        return {call.__name__: told(call) for call in calls}

    def models(self) -> Answer:
        """See `calls.offered`."""
        return offered(self._models)

    def describe(self, model: str) -> Answer:
        """Load a model, and describe it for the page. An empty name stands for the first model."""
        name = model or self._models.first.name
        sampler = self._models.sampler(name)
        target, words = sampler.task.target, facts.told(sampler)
        return {
            "name": name,
            "identity": identity(sampler),
            "title": self._models.words(name),
            "height": target.height,
            "width": target.width,
            "classes": list(sampler.classes),
            "words": f"{words['gives']}, from {words['takes']}; {words['network']}; "
            f"trained for {number_of(sampler.about.epoch, 'epoch')}",
        }

    def draw(self, model: str, known: str, seed: int, count: int, name: str) -> Answer:
        """Return the first pictures of a seed as PNG in base64, those that `pix2pix sample --seed` writes.

        `name` is that of the class; empty for a model without classes.
        """
        check_seed(seed)
        if not 0 < count <= _MOST:
            raise UserError(f"a page shows 1 to {_MOST} pictures at once")
        sampler = same(self._models.sampler(model), known)
        class_id = _class_id(sampler, name)
        return {"pictures": [in_base64(png(sampler(seed, number, class_id))) for number in range(count)]}

    def between(self, model: str, known: str, first: list, last: list, percent: int, name: str) -> Answer:
        """Return the picture on the way from one noise to another; a noise is its seed and its number from 0.

        For `name` see `draw`.
        """
        sampler = same(self._models.sampler(model), known)
        begin, end = sampler.noise(*_noise(first)), sampler.noise(*_noise(last))
        (noise,) = arc(begin, end, np.array([min(max(percent, 0), 100) / 100]))
        return {"picture": in_base64(png(sampler.of(noise, _class_id(sampler, name))))}


def _class_id(sampler: Sampler, name: str) -> int | None:
    return sampler.class_id(name) if name else None


def _noise(said: list[Any]) -> tuple[int, int]:
    """Check a noise: its seed, and its number from 0."""
    if len(said) != 2 or not all(type(each) is int for each in said) or not 0 <= said[1] < _MOST:
        raise UserError("a noise is a seed and a number")
    check_seed(said[0])
    return said[0], said[1]
