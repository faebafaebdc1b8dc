"""A picture that is asked about on the command line, and the model's answer."""

from argparse import Namespace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import grid
from pix2pix.data import halves
from pix2pix.data.tasks import HALVES, Field
from pix2pix.params import Prepare

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

Image = NDArray[np.uint8]
# The default bound for pictures to train on.
MAX_PIXELS = Prepare().max_pixels
# The fields of both halves, by the half that is the input.
INPUT = {"left": HALVES["left_to_right"], "right": HALVES["right_to_left"]}


class Answer(NamedTuple):
    """An answer of the model.

    Attributes:
        given: the input of the model, uint8 `(height, width, channels)`.
        made: the answer, as large.
        others: of a pair, its other half.
        seams: how much the borders of tiles show (see `seams`); None without tiles.
    """

    given: Image
    made: Image
    others: tuple[Image, ...]
    seams: float | None

    def shown(self, side_by_side: bool) -> Image:
        """Return the picture to write: the answer, or input, answer and other half side by side."""
        return grid([[self.given, self.made, *self.others]]) if side_by_side else self.made


def refuse(half: str | None, field: Field, width: int, height: int) -> None:
    """Refuse a picture of this size for a field; `half` says whether it is a pair.

    Raises:
        DataError: it has too many pixels, cannot be cut into halves, or may be a pair.
    """
    if width * height > MAX_PIXELS:
        raise DataError(f"{width}x{height} has more than {MAX_PIXELS:,} pixels, the most allowed")
    if half in ("left", "right", "model"):
        halves.refuse_odd(width)
    if half is None and width * field.height == 2 * height * field.width:
        raise DataError(
            f"{width}x{height}, as wide as two pictures for this model: if it holds both halves of a pair, name the "
            "input with --half; if it is one picture, say --half none"
        )


def answered(translator: "Translator", picture: Image, options: Namespace) -> Answer:
    """Return the answer to a picture, as the command line asks for it.

    Raises:
        DataError: the model cannot take it.
    """
    given, *others = _split(translator, picture, options.half)
    if options.snap:
        given = translator.snapped(given)
    made = translator(given, options.seed, options.fit)
    return Answer(given, made, tuple(others), _seams(translator, made) if options.fit == "tile" else None)


def _split(translator: "Translator", picture: Image, half: str | None) -> tuple[Image, ...]:
    """Return the input and, if the picture is a pair, the other half."""
    if half in (None, "none"):
        return (picture,)
    pair = halves.cut(picture, translator.about.halves or INPUT["left"] if half == "model" else INPUT[half])
    return pair["input"], pair["target"]


def _seams(translator: "Translator", made: Image) -> float | None:
    from pix2pix.models import seams, tiling

    height, width, _ = made.shape
    places = tiling.grid(height, width, translator.task.target)
    return seams.seams(made, places) if places.tiles > 1 else None
