"""Read the pixels of a picture file from any source.

A picture that can be read in more than one way is refused: one with a rotation (EXIF), with transparent pixels, or with
several frames. A picture of another kind (grey, palette, CMYK, or with a colour profile) is converted to sRGB, and the
caller is told.
"""

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError, one_line
from pix2pix.data import jpeg, png, pnm, profiles, tiff, webp
from pix2pix.data.class_ids import ids

Image = NDArray[np.uint8]
Decoded = TypeVar("Decoded")
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
_MODES = {"1": "black and white", "L": "grey", "P": "palette", "CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "Lab"}
DEEP = ("I;16", "I;16L", "I;16B")
# The bits of colours in RGB, by Pillow's names: those of a BMP with 16 bits a pixel, and those of most other formats.
_BITS = {"BGR;15": "RGB of 5 bits a colour", "BGR;16": "RGB of 5, 6 and 5 bits", ";16": "16-bit RGB"}


@contextmanager
def warnings_are_damage() -> Iterator[None]:
    """Make `rgb` refuse, in every thread, what Pillow only warns about, such as a broken EXIF block."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=UserWarning, module="PIL")
        yield


def rgb(data: bytes, refuse: Callable[[int, int], None]) -> tuple[Image, str | None]:
    """Decode a picture file.

    Args:
        data: the file's contents.
        refuse: a function that gets the width and height in pixels before anything is decoded, and raises `DataError`
            for a size that the caller does not want.

    Returns:
        The pixels, uint8 RGB `(height, width, 3)`, and the kind that was converted, such as `CMYK` or `colour profile
        Display P3`; None if the picture was sRGB already.

    Raises:
        DataError: the picture cannot be decoded, or can be read in more than one way; the message does not name the
            file.
    """
    return _decoded(data, refuse, _rgb)


def class_ids(data: bytes, refuse: Callable[[int, int], None]) -> NDArray[np.int32]:
    """Decode the file of a label map that holds a class id for each pixel, int32 `(height, width)`.

    Args:
        data: the file's contents.
        refuse: see `rgb`.

    Raises:
        DataError: the picture cannot be decoded, or does not hold ids as they were saved.
    """
    if is_lossy(data):
        raise DataError("its compression changes values, and class ids have to stay as they are; save it as PNG")
    pixels = _decoded(data, refuse, lambda picture, _, __: np.asarray(picture).astype(np.int32))
    with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        return ids(pixels, picture)


def _decoded(
    data: bytes,
    refuse: Callable[[int, int], None],
    convert: Callable[[PillowImage.Image, str | None, bytes], Decoded],
) -> Decoded:
    """Open a picture, check it, and convert it; `convert` gets it with the bits of its colours and the file."""
    try:
        data = png.without_texts(data) if data.startswith(png.SIGNATURE) else data
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            depth = _depth(picture)
            refuse(*picture.size)
            _check(picture)
            _check_whole(picture, data)
            converted = convert(picture, depth, data)
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            picture.verify()  # this checks the checksums of a PNG, which decoding ignores for the pixels
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError("not a picture, or of an unknown format") from None
    except PillowImage.DecompressionBombError:
        raise DataError("larger than Pillow decodes") from None
    except Exception as error:  # Pillow raises errors of any kind for damage, its own warnings included
        raise DataError(_undecodable(one_line(error))) from None
    return converted


def _undecodable(error: str) -> str:
    """Why a picture cannot be decoded, from what Pillow says: not all that it refuses is damaged."""
    if "PngImagePlugin.MAX_TEXT" in error:
        return "has more than 1 MiB of metadata or colour profile; save it without"
    if "nsupported" in error:
        return f"is of a kind that cannot be read ({error}); save it as PNG"
    return f"damaged or cut short ({error})"


def is_lossy(data: bytes) -> bool:
    """Whether a picture file has colours that its compression changed: JPEG, AVIF, most WebP, some TIFF.

    False where this cannot be told. A picture that was such a file once, and was saved as another, is not recognised.
    """
    try:
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.format == "WEBP":
                return webp.is_lossy(data)
            inside = picture.info.get("compression") in ("jpeg", "webp")
            return picture.format in ("JPEG", "MPO", "AVIF") or (picture.format == "TIFF" and inside)
    except Exception:  # as in `rgb`, which refuses it
        return False


def is_grey(data: bytes) -> bool:
    """Whether a picture file has one value a pixel: grey, or the index of a palette; False if this cannot be told."""
    try:
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            return picture.mode in ("1", "L", "P", *DEEP)
    except Exception:  # as in `rgb`, which refuses it
        return False


def pixels(data: bytes) -> int:
    """How many pixels the picture in a file has, without decoding it; 0 if this cannot be told."""
    try:
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            return picture.width * picture.height
    except Exception:  # as in `rgb`, which refuses it
        return 0


def _check(picture: PillowImage.Image) -> None:
    """Refuse several frames and rotations, which can be seen before anything is decoded."""
    frames = getattr(picture, "n_frames", 1)
    if frames > 1:
        raise DataError(f"holds {frames} pictures; save only one of them")
    orientation = picture.getexif().get(ExifTags.Base.Orientation, 0)
    if orientation not in (0, 1):  # 0 is what cameras write that do not know it
        raise DataError(f"is rotated (EXIF orientation {orientation!r}); save it upright")


def _check_whole(picture: PillowImage.Image, data: bytes) -> None:
    """Refuse a picture that lacks pixels, where decoding it would not tell."""
    if picture.format in ("JPEG", "MPO"):
        jpeg.refuse_cut(data, picture.width * picture.height)
    elif picture.format == "PNG":
        png.refuse_cut(data)
    elif picture.format == "TIFF":
        tiff.refuse_cut(picture, data)
    elif picture.format == "WEBP":
        webp.refuse_damaged(data)
    elif picture.format == "PPM":
        pnm.refuse_several(picture, data)
    elif picture.format == "GIF":
        _refuse_part(picture)


def _refuse_part(picture: PillowImage.Image) -> None:
    """Refuse a GIF whose picture is smaller than its screen: the file does not say how the rest looks."""
    left, top, right, bottom = picture.tile[0].extents  # type: ignore[attr-defined]
    if (left, top, right, bottom) != (0, 0, *picture.size):
        whole = f"{picture.width}x{picture.height}"
        raise DataError(f"has pixels for {right - left}x{bottom - top} of its {whole} only; save it as PNG")


def _depth(picture: PillowImage.Image) -> str | None:
    """The bits of the colours if Pillow decodes to 8 what has more or fewer; then it no longer says so."""
    args = " ".join(str(tile.args) for tile in getattr(picture, "tile", ()))
    if picture.format == "PPM" and pnm.most_value(picture) > 255:
        return _BITS[";16"]
    return next((words for name, words in _BITS.items() if name in args), None)


def _rgb(picture: PillowImage.Image, depth: str | None, data: bytes) -> tuple[Image, str | None]:
    """Convert a picture to sRGB; return its pixels with its earlier kind, None if it was that already."""
    kind, info = picture.format, dict(picture.info)
    reduced, note = _reduced(picture, depth)
    converted, colours = profiles.to_srgb(reduced, kind, info, data)
    return np.asarray(converted.convert("RGB")), ", ".join(filter(None, (note, colours))) or None


def _reduced(picture: PillowImage.Image, depth: str | None) -> tuple[PillowImage.Image, str | None]:
    """A picture in 8 bits as grey (L), RGB or CMYK, and its earlier kind; None if it was RGB already."""
    mode = picture.mode
    if picture.has_transparency_data:
        alpha = picture.convert("RGBA")
        if alpha.getchannel("A").getextrema() != (255, 255):
            raise DataError("has transparent pixels; save it without transparency")
        return alpha.convert("L" if mode in ("L", "LA") else "RGB"), f"{mode} with opaque alpha"
    if mode in ("RGB", "L", "CMYK"):
        picture.load()
        return picture, depth if mode == "RGB" and depth else _MODES.get(mode)
    if mode in DEEP:
        return PillowImage.fromarray((np.asarray(picture) >> 8).astype(np.uint8)), "16-bit grey"
    if mode in _MODES:
        return picture.convert("L" if mode == "1" else "RGB"), _MODES[mode]
    raise DataError(f"has pixels of an unknown range (Pillow mode {mode}); save it as 8-bit RGB")
