"""Pictures that come from a browser: decoded within bounds, and made into what a model takes."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.data import decoding, halves
from pix2pix.data.labels import Palette
from pix2pix.models.fitting import fitted
from pix2pix.models.translator import Translator

Image = NDArray[np.uint8]
MAX_PIXELS = 25_000_000
MAX_BYTES = 32 << 20
# How far a colour may be from a class's to be meant for it, and the share of such pixels in what is a label map.
NEAR, MOST = 60, 0.7


def decoded(text: str) -> Image:
    """The pixels of a picture file in base64, uint8 RGB `(height, width, 3)`.

    Raises:
        DataError: it is no picture, or not one that can be used.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DataError("not a picture in base64") from None
    if len(data) > MAX_BYTES:
        raise DataError(f"{len(data):,} bytes; {MAX_BYTES:,} are the most that are taken")
    return decoding.rgb(data, _refuse)[0]


def taken(text: str, translator: Translator) -> tuple[Image, list[str]]:
    """A picture file in base64 as a model's input.

    Of a pair, twice as wide as high, it is the half that the model reads. A label map gets the palette's colours.

    Returns:
        uint8 RGB in the size of the model's input, and what was done to it, in words.

    Raises:
        DataError: it is no picture, or not one that can be used.
    """
    picture = decoded(text)
    notes = []
    height, width, _ = picture.shape
    if width == 2 * height:
        picture = halves.cut(picture, translator.about.halves)["input"]
        notes.append(f"Taken for a pair: its {translator.about.halves['input']} half is used.")
    field = translator.task.input
    if picture.shape[:2] != (field.height, field.width):
        height, width, _ = picture.shape
        notes.append(f"Brought from {width}×{height} to {field.width}×{field.height} pixels.")
    picture = fitted(picture, field, "resize")
    if field.is_label and translator.classes is not None:
        if _share_near(picture, translator.classes) < MOST:
            notes.append("Few of its pixels have a label’s colour: is it a label map? Each has become its nearest.")
        picture = translator.snapped(picture)
    return picture, notes


def _share_near(picture: Image, classes: Palette) -> float:
    """The share of pixels that are near a colour of the palette."""
    off = picture.astype(np.float32) - classes.paint(classes.classes(picture))
    return float(np.mean(np.linalg.norm(off, axis=-1) <= NEAR))


def _refuse(width: int, height: int) -> None:
    """Refuse a picture of this size."""
    if width * height > MAX_PIXELS:
        raise DataError(f"{width}×{height} are more than {MAX_PIXELS:,} pixels, the most that are taken")
