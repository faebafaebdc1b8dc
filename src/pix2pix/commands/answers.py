"""A picture that is asked about on the command line, and the model's answer."""

from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import grid
from pix2pix.data import decoding, halves, reading
from pix2pix.data.channels import brought
from pix2pix.data.labels import WORST_FAR
from pix2pix.data.plausibility import MOST_ASTRAY
from pix2pix.data.tasks import HALVES, Field
from pix2pix.params import Half, Prepare

if TYPE_CHECKING:
    from pix2pix.models.translator import Translator

Image = NDArray[Any]  # uint8 or uint16
# The default bound for pictures to train on.
MAX_PIXELS = Prepare().max_pixels
# So many rows and columns of a label map at least are compared with the palette.
_SAMPLED = 256
# The fields of both halves, by the half that is the input.
INPUT = {"left": HALVES["left_to_right"], "right": HALVES["right_to_left"]}


class Answer(NamedTuple):
    """An answer of the model.

    Attributes:
        given: the input of the model, `(height, width, channels)`.
        made: the answer, as large.
        others: of a pair, its other half.
        seams: how much the borders of tiles show (see `seams`); None without tiles.
        foreign: the share of pixels with the colour of no class, 0 … 1, if the model takes label maps and this can be
            none; else None.
    """

    given: Image
    made: Image
    others: tuple[Image, ...]
    seams: float | None
    foreign: float | None

    def shown(self, side_by_side: bool) -> Image:
        """Return the picture to write: the answer, or input, answer and other half side by side."""
        return grid([[self.given, self.made, *self.others]]) if side_by_side else self.made


def refuse_large(width: int, height: int) -> None:
    """Refuse a picture of this size.

    Raises:
        DataError: it has too many pixels.
    """
    if width * height > MAX_PIXELS:
        raise DataError(f"{width}x{height} has more than {MAX_PIXELS:,} pixels, the most allowed")


def refuse(half: str | None, field: Field, width: int, height: int) -> None:
    """Refuse a picture of this size for a field; `half` says whether it is a pair.

    Raises:
        DataError: it has too many pixels, cannot be cut into halves, or may be a pair.
    """
    refuse_large(width, height)
    if half in ("left", "right", "model"):
        halves.refuse_odd(width)
    if half is None and width * field.height == 2 * height * field.width:
        raise DataError(
            f"{width}x{height}, as wide as two pictures for this model: if it holds both halves of a pair, name the "
            "input with --half; if it is one picture, say --half none"
        )


def answered(
    translator: "Translator", parts: tuple[Image, ...], options: Namespace, instances: Image | None = None
) -> Answer:
    """Return the answer to an input and, of a pair, its other half, as the command line asks for it.

    Args:
        translator: the model.
        parts: the input and, of a pair, its other half.
        options: the command line.
        instances: the instance map of the input, for a model that reads one.

    Raises:
        DataError: the model cannot take it.
    """
    given, *others = parts
    if options.snap:
        given = translator.snapped(given)
    made = translator(given, options.seed, options.fit, instances)
    seams = _seams(translator, made) if options.fit == "tile" else None
    return Answer(given, made, tuple(others), seams, _foreign(translator, given))


def _foreign(translator: "Translator", given: Image) -> float | None:
    """Return the share of pixels with the colour of no class, if `prepare` would refuse such a label map."""
    palette, (height, width, _) = translator.classes, given.shape
    if palette is None or not translator.task.input.is_label:
        return None
    step = max(1, min(height, width) // _SAMPLED)
    sample = given[::step, ::step]
    classes = palette.classes(sample)
    far, astray = palette.far(sample, classes), palette.astray(sample, classes)
    return max(far, astray) if far > WORST_FAR or astray > MOST_ASTRAY else None


def parts(translator: "Translator", data: bytes, half: str | None) -> tuple[Image, ...]:
    """Return the input in a picture file and, if it is a pair, the other half, each as its field asks for it.

    Raises:
        DataError: the file is no picture, or a picture that cannot be used.
    """
    about, task = translator.about, translator.task
    check = partial(refuse, half if about.halves else "none", task.input)
    if half in (None, "none"):
        return (reading.as_input(data, task.input, about.colours_of_ids, check),)
    places = _places(translator, half)
    other = decoding.decode(data, check, task.target.asked, places["target"])[0]
    return reading.as_input(data, task.input, about.colours_of_ids, check, places["input"]), other


def frame_parts(translator: "Translator", frame: Image, half: str | None) -> tuple[Image, ...]:
    """Return the same of a frame of a video, uint8 RGB; see `parts`.

    Raises:
        DataError: the model takes other pictures than 8-bit grey, RGB or RGBA.
    """
    asked = translator.task.input.asked
    if asked.bits != 8 or asked.is_bands:
        raise DataError(f"a video has 8-bit RGB, and this model takes {asked}")
    if half in (None, "none"):
        return (brought(frame, asked.channels),)
    pair = halves.cut(frame, _places(translator, half))
    return brought(pair["input"], asked.channels), pair["target"]


def _places(translator: "Translator", half: str) -> dict[str, Half]:
    """Return the half of each field. Where the input is made of the target, both are in the half that `half` names."""
    said = translator.about.halves or INPUT["left"]
    if half == "model":
        return said
    return dict.fromkeys(said, INPUT[half]["input"]) if len({*said.values()}) == 1 else INPUT[half]


def _seams(translator: "Translator", made: Image) -> float | None:
    from pix2pix.models import seams, tiling

    height, width, _ = made.shape
    places = tiling.grid(height, width, translator.task.target)
    return seams.seams(made, places) if places.tiles > 1 else None
