"""One picture file -> its pixels, whoever made it.

What could be read in more than one way is refused, not guessed: a picture that is to be turned (EXIF), is partly
transparent, or moves. What can be read in one way only (grey, palette, CMYK) is converted, and noted.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError, one_line

Image = NDArray[np.uint8]
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MODES = {"1": "black and white", "L": "grey", "P": "palette", "CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "Lab"}
DEEP = ("I;16", "I;16L", "I;16B")


@contextmanager
def warnings_are_damage() -> Iterator[None]:
    """Within the block, and in all threads, `rgb` refuses what Pillow only warns of, a broken EXIF block say."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=UserWarning, module="PIL")
        yield


def rgb(data: bytes, refuse: Callable[[int, int], None]) -> tuple[Image, str | None]:
    """Decode a picture file.

    Args:
        data: the file's contents.
        refuse: called with width and height, in pixels, before anything is decoded; raises `DataError` at those that
            are not wanted.

    Returns:
        The pixels, uint8 RGB `(height, width, 3)`, and what was converted, such as `CMYK`; None if nothing was.

    Raises:
        DataError: it cannot be decoded, or in more than one way; the message does not name it.
    """
    try:
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            deep = _is_deep(picture)
            refuse(*picture.size)
            _check(picture)
            converted, note = _rgb(picture, deep)
            pixels = np.asarray(converted)
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            picture.verify()  # of PNG, the one with checksums: decoding does not look at those of the pixels
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError("not a picture, or of an unknown format") from None
    except PillowImage.DecompressionBombError:
        raise DataError("larger than Pillow decodes") from None
    except Exception as error:  # there is no end to what Pillow raises at damage, its warnings included
        raise DataError(f"damaged or cut short ({one_line(error)})") from None
    return pixels, note


def _check(picture: PillowImage.Image) -> None:
    """Refuse what need not be decoded to be refused."""
    frames = getattr(picture, "n_frames", 1)
    if frames > 1:
        raise DataError(f"holds {frames} pictures; save the one that is meant")
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    if orientation != 1:
        raise DataError(f"to be turned before it is shown (EXIF orientation {orientation!r}): save it upright")


def _is_deep(picture: PillowImage.Image) -> bool:
    """Whether its colours have 16 bits, of which Pillow keeps the upper 8; only known before it is decoded."""
    return any(";16" in str(tile.args) for tile in getattr(picture, "tile", ()))


def _rgb(picture: PillowImage.Image, deep: bool) -> tuple[PillowImage.Image, str | None]:
    """A picture's pixels as RGB, and what they were if they were not."""
    mode = picture.mode
    if picture.has_transparency_data:
        alpha = picture.convert("RGBA")
        if alpha.getchannel("A").getextrema() != (255, 255):
            raise DataError("has transparent pixels; save it without transparency")
        return alpha.convert("RGB"), f"{mode} with opaque alpha"
    if mode == "RGB":
        picture.load()
        return picture, "16-bit RGB" if deep else None
    if mode in DEEP:
        return PillowImage.fromarray((np.asarray(picture) >> 8).astype(np.uint8)).convert("RGB"), "16-bit grey"
    if mode in MODES:
        return picture.convert("RGB"), MODES[mode]
    raise DataError(f"pixels of an unknown range (Pillow mode {mode}); save it as 8-bit RGB")
