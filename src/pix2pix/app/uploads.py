"""Pictures from a browser: they are decoded within bounds and become the input of a model."""

import base64
import binascii
from typing import Any

from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.data import decoding
from pix2pix.data.channels import Asked
from pix2pix.models.fitting import fitted
from pix2pix.models.translator import Translator

Image = NDArray[Any]
MAX_PIXELS = 25_000_000
MAX_BYTES = 32 << 20
# A colour within the distance `_NEAR` of a class's colour stands for the class. A label map has at least the share
# `MOST` of such pixels.
_NEAR, MOST = 60, 0.7


def decoded(text: str, asked: Asked) -> Image:
    """Decode a picture file in base64 to what a model asks for; see `decoding.decode`.

    Raises:
        DataError: the text is no base64, or the file is too large or cannot be used as a picture.
    """
    return decoding.decode(_bytes(text), _refuse, asked)[0]


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

    A picture that is twice as wide as high is taken for a pair, of which the model reads one half. Every pixel of a
    label map gets the nearest colour of the palette.

    Returns:
        The input, in the shape and type of the model's input, and notes for people on how it was changed.

    Raises:
        DataError: see `decoded`.
    """
    field, half = translator.task.input, None
    notes: list[str] = []
    data = _bytes(text)
    width, height = decoding.size(data)
    if width == 2 * height > 0:
        half = translator.about.halves["input"]
        notes.append(f"It was taken for a pair: its {half} half is used.")
    picture = decoding.decode(data, _refuse, field.asked, half)[0]
    if picture.shape[:2] != (field.height, field.width):
        height, width, _ = picture.shape
        notes.append(f"Its size was changed from {width}×{height} to {field.width}×{field.height} pixels.")
    picture = fitted(picture, field, "resize")
    if field.is_label and translator.classes is not None:
        if translator.classes.far(picture, translator.classes.classes(picture), _NEAR) > 1 - MOST:
            notes.append("Few of its pixels have a class’s colour: is it a label map? Each got the nearest class.")
        picture = translator.snapped(picture)
    return picture, notes


def _refuse(width: int, height: int) -> None:
    """Refuse a picture of this size."""
    if width * height > MAX_PIXELS:
        raise DataError(f"{width}×{height} has more than the {MAX_PIXELS:,} pixels that are allowed")
