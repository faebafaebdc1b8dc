"""One picture file -> the two halves of a pair.

What could be read in more than one way is refused, not guessed: a picture that is to be turned (EXIF), is partly
transparent, or moves. What can be read in one way only (grey, palette, CMYK) is converted, and noted.
"""

import io
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as PillowImage

from pix2pix.errors import DataError, one_line

Image = NDArray[np.uint8]
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MODES = {"1": "black and white", "L": "grey", "P": "palette", "CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "Lab"}
DEEP = ("I;16", "I;16L", "I;16B")


class Pair(NamedTuple):
    """The halves of a picture.

    Attributes:
        left, right: uint8 RGB `(size, size, 3)`.
        width, height: of the whole picture as it was, in pixels.
        note: what was converted, such as `CMYK`; None if nothing was.
    """

    left: Image
    right: Image
    width: int
    height: int
    note: str | None


def read(data: bytes, size: int, labels: Literal["left", "right"] | None, max_pixels: int) -> Pair:
    """Decode a picture and cut it in two.

    Halves of another size are resized: photos bicubically and antialiased; labels to the nearest pixel, since a
    mixture of two label colours is the colour of a third.

    Args:
        data: a picture file.
        size: side of the square halves, in pixels.
        labels: the half that is a label map; None if none is.
        max_pixels: the most pixels the whole picture may have; known before it is decoded.

    Raises:
        DataError: it cannot be decoded, or cannot be two halves; the message does not name it.
    """
    try:
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            deep = _is_deep(picture)
            _check(picture, max_pixels)
            rgb, note = _rgb(picture, deep)
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
    width, height = rgb.size
    middle = width // 2
    left = _resized(rgb.crop((0, 0, middle, height)), size, labels == "left")
    right = _resized(rgb.crop((middle, 0, width, height)), size, labels == "right")
    return Pair(left, right, width, height, note)


def _check(picture: PillowImage.Image, max_pixels: int) -> None:
    """Refuse what need not be decoded to be refused."""
    width, height = picture.size
    if width * height > max_pixels:
        raise DataError(f"{width}x{height} are more pixels than prepare.max_pixels = {max_pixels}")
    if width < 2 or width % 2:
        raise DataError(f"{width} pixels wide: an even width is needed for two halves")
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


def _resized(half: PillowImage.Image, size: int, labels: bool) -> Image:
    if half.size != (size, size):
        half = half.resize((size, size), PillowImage.Resampling.NEAREST if labels else PillowImage.Resampling.BICUBIC)
    return np.asarray(half)
