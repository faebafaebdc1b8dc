"""The five calls of the page. Their arguments are text and numbers, and each is answered with a JSON object.

The server remembers nothing between calls, so one person's drawing never meets another's. A call to a model names its
identity, which `describe` has given: a page that describes an earlier model is answered with `{"renewed": true}`.
"""

import base64
from collections.abc import Callable
from functools import wraps
from typing import Any

from numpy.typing import NDArray

from pix2pix.app import starts, uploads
from pix2pix.app.models import Models, RenewedError, identity, same
from pix2pix.base.errors import UserError, number_of
from pix2pix.base.pictures import png
from pix2pix.base.shown import shown
from pix2pix.data import npy
from pix2pix.data.labels import NO_CLASS, Palette
from pix2pix.models import facts
from pix2pix.models.translator import Translator

Image = NDArray[Any]
Answer = dict[str, Any]
_SEEDS = _HOUSES = 1 << 31


class Calls:
    """The calls, with the models that are offered; see `told` for what they answer instead."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def all(self) -> dict[str, Callable[..., Answer]]:
        """The calls by name."""
        calls = (self.models, self.describe, self.start, self.take, self.translate)
        return {call.__name__: told(call) for call in calls}

    def models(self) -> Answer:
        """See `offered`."""
        return offered(self._models)

    def describe(self, model: str) -> Answer:
        """Load a model, and describe it for the page. An empty name stands for the first model."""
        name = model or self._models.first.name
        translator = self._models.translator(name)
        field, made = translator.task.input, translator.task.target
        classes = translator.classes if field.is_label else None
        words = facts.told(translator)
        return {
            "name": name,
            "identity": identity(translator),
            "title": self._models.words(name),
            "height": field.height,
            "width": field.width,
            "takes": facts.kind(translator, field) + facts.channels(translator, field),
            "gives": facts.kind(translator, made) + facts.channels(translator, made),
            "colours": translator.about.made_for == "colourise",
            "classes": [{"name": name, "colour": colour} for name, colour in _drawn(classes)] if classes else [],
            "ground": starts.ground(classes) if classes else 0,
            "most_bytes": uploads.MAX_BYTES,
            "houses": starts.has_houses(translator),
            "random": bool(translator.random),
            "words": f"{field.width}×{field.height} pixels; {words['network']}; {_training(translator)}",
        }

    def start(self, model: str, known: str, number: int) -> Answer:
        """Return a built-in house, by its number from 0, as the model's input; see `_given`."""
        translator = same(self._models.translator(model), known)
        if not starts.has_houses(translator) or not 0 <= number < _HOUSES:
            raise UserError("there is no such house for this model")
        return _given(translator, starts.house(translator, number))

    def take(self, model: str, known: str, file: str) -> Answer:
        """Return a picture file in base64 as the model's input (see `_given`), with notes on how it was changed."""
        translator = same(self._models.translator(model), known)
        picture, notes = uploads.taken(file, translator)
        return _given(translator, picture) | {"notes": notes}

    def translate(self, model: str, known: str, file: str, seed: int) -> Answer:
        """Translate a picture file, in base64, to the PNG that `predict --snap --fit resize` writes, in base64, too."""
        check_seed(seed)
        translator = same(self._models.translator(model), known)
        picture = uploads.decoded(file, translator)
        if translator.task.input.is_label:
            picture = translator.snapped(picture)
        return {"picture": in_base64(png(translator(picture, seed, "resize")))}


def offered(models: Models) -> Answer:
    """Return all models, by name and in words, and the reason why MLflow's are missing, or an empty string."""
    choices, why = models.choices()
    return {"models": [choice._asdict() for choice in choices], "missing": why}


def check_seed(seed: int) -> None:
    """Check a seed.

    Raises:
        UserError: it is none.
    """
    if not 0 <= seed < _SEEDS:
        raise UserError(f"a seed is a whole number from 0 to {_SEEDS - 1:,}")


def told(call: Callable[..., Answer]) -> Callable[..., Answer]:
    """Return the call, changed so that it answers instead of raising errors.

    An error that a person can mend becomes `{"error": words}`; a model that is not the known one, `{"renewed": true}`.
    """

    @wraps(call)
    def answer(*said: Any) -> Answer:
        try:
            return call(*said)
        except RenewedError:
            return {"renewed": True}
        except UserError as error:
            return {"error": str(error)}

    return answer


def _given(translator: Translator, picture: Image) -> Answer:
    """Encode an input in base64 for the page.

    A label map is a byte for each pixel, its class id, and other inputs are PNG. Of bands, which PNG does not have, the
    page shows a PNG, and gives back the `.npy` in `file`.
    """
    if translator.task.input.is_label and translator.classes is not None:
        ids = translator.classes.classes(picture)
        ids[ids == NO_CLASS] = len(translator.classes)
        return {"ids": in_base64(ids.tobytes())}
    if translator.task.input.asked.is_bands:
        return {"picture": in_base64(png(shown(picture))), "file": in_base64(npy.encoded(picture))}
    return {"picture": in_base64(png(picture))}


def _drawn(classes: Palette) -> list[tuple[str, list[int]]]:
    """The name and colour of everything that can be drawn: the classes, and pixels without one after them."""
    named = list(zip(classes.names, classes.colours.tolist(), strict=True))
    return named if classes.no_class is None else [*named, ("no class", list(classes.no_class))]


def in_base64(data: bytes) -> str:
    """Return bytes as text for a page."""
    return base64.b64encode(data).decode()


def _training(translator: Translator) -> str:
    about = translator.about
    steps = f"a picture in {about.walk.words}; " if about.walk else ""
    return f"{steps}trained for {number_of(about.epoch, 'epoch')}"
