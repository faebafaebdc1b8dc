"""Pictures from a browser: they are decoded within bounds and become the input of a model."""

import base64
import binascii
from typing import Any

from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized
from pix2pix.data import decoding, reading
from pix2pix.data.fit import fitted, largest
from pix2pix.data.plausibility import MOST_ASTRAY
from pix2pix.data.tasks import Field
from pix2pix.models.translator import Translator
from pix2pix.params import Fit

Image = NDArray[Any]
MAX_PIXELS = 25_000_000
MAX_BYTES = 32 << 20
# A photo keeps its proportions and is shown with at most so many times the larger side of the model's pictures.
LARGER = 4
# A colour within the distance `_NEAR` of a class's colour stands for the class. A label map has at least the share
# `MOST` of such pixels.
_NEAR, MOST = 60, 0.7
# How the size was changed, by the rule with which the model was trained.
_FITS: dict[Fit, str] = {
    "resize": "",
    "crop": ", without what is beyond the model’s proportions",
    "pad": ", with its edges continued",
}


def decoded(text: str, translator: Translator) -> Image:
    """Decode a picture file in base64 to what a model reads; see `reading.as_input`.

    Raises:
        DataError: the text is no base64, or the file is too large or cannot be used as a picture.
    """
    return reading.as_input(_bytes(text), translator.task.input, translator.about.colours_of_ids, _refuse)


def _bytes(text: str) -> bytes:
    """Decode base64; see `decoded`."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DataError("not a picture in base64") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"the file has {len(data):,} bytes; {MAX_BYTES:,} are allowed")
    return data


def taken(text: str, translator: Translator) -> tuple[Image, list[str]]:
    """Turn a picture file in base64 into a model's input.

    A model of halves takes a picture whose halves have its proportions for a pair, and reads one half. Other sizes are
    brought to the model's as its training pairs were (`data.fit`). But a photo keeps its size if it only has to be
    scaled: then `translate` does that, and its answer has the proportions of the photo. Every pixel of a label map gets
    the nearest colour of the palette.

    Returns:
        The input, in the channels and type of the model's input, and notes for people on how it was changed.

    Raises:
        DataError: see `decoded`.
    """
    field, fit, cut = translator.task.input, translator.about.fit, translator.about.halves
    notes: list[str] = []
    data = _bytes(text)
    width, height = decoding.size(data)
    half = cut["input"] if cut and width * field.height == 2 * height * field.width > 0 else None
    if half:
        notes.append(f"It was taken for a pair: its {half} half is used.")
    picture = reading.as_input(data, field, translator.about.colours_of_ids, _refuse, half)
    whole = fit == "resize" and not field.is_label
    if picture.shape[:2] != (field.height, field.width):
        height, width, _ = picture.shape
        sizes = f"from {width}×{height} to {field.width}×{field.height} pixels"
        seen = f"The network sees it at {field.width}×{field.height} pixels, and its answer is scaled back."
        notes.append(seen if whole else f"Its size was changed {sizes}{_FITS[fit]}.")
    size = field.height, field.width
    picture = _bounded(picture, field) if whole else fitted(picture, size, fit, field.is_label)
    if field.is_label and translator.classes is not None:
        classes = translator.classes.classes(picture)
        far, astray = translator.classes.far(picture, classes, _NEAR), translator.classes.astray(picture, classes)
        if far > 1 - MOST or astray > MOST_ASTRAY:
            notes.append("Few of its pixels have a class’s colour: is it a label map? Each got the nearest class.")
        picture = translator.snapped(picture)
    return picture, notes


def _bounded(picture: Image, field: Field) -> Image:
    """Scale a photo down, in its proportions, until its sides are at most `LARGER` times those of the model."""
    most = LARGER * max(field.height, field.width)
    if max(picture.shape[:2]) <= most:
        return picture
    height, width = largest((picture.shape[0], picture.shape[1]), (most, most))
    return resized(picture, width, height, label=False)


def _refuse(width: int, height: int) -> None:
    """Refuse a picture of this size."""
    if width * height > MAX_PIXELS:
        raise DataError(f"{width}×{height} has more than the {MAX_PIXELS:,} pixels that are allowed")
