"""Read the pixels of a picture file from any source.

A picture that can be read in more than one way is refused: one with a rotation (EXIF), with transparent pixels, or with
several frames. A picture of another kind (grey, palette, CMYK, or with a colour profile) is converted to sRGB, and the
caller is told. Where 16 bits or bands are asked for, the samples stay as they are in the file.
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
from pix2pix.data import bands, deep, jpeg, npy, png, pnm, profiles, tiff, webp
from pix2pix.data.channels import NAMES, Asked, Samples, brought, cut, exact
from pix2pix.data.class_ids import ids
from pix2pix.data.picture_files import FORMATS, READ_AS
from pix2pix.params import Half

Image = NDArray[np.uint8]
Decoded = TypeVar("Decoded")
# A function that gets the width and the height in pixels, and raises `DataError` for a size that is not wanted.
Refuse = Callable[[int, int], None]
_MODES = {"1": "black and white", "L": "grey", "P": "palette", "CMYK": "CMYK", "YCbCr": "YCbCr", "LAB": "Lab"}
# The bits of colours in RGB, by Pillow's names: those of a BMP with 16 bits a pixel, and those of most other formats.
_BITS = {"BGR;15": "RGB of 5 bits a colour", "BGR;16": "RGB of 5, 6 and 5 bits", ";16": "16-bit RGB"}


@contextmanager
def warnings_are_damage() -> Iterator[None]:
    """Make `rgb` refuse, in every thread, what Pillow only warns about, such as a broken EXIF block."""
    with warnings.catch_warnings():
        refuse_warnings()
        yield


def refuse_warnings() -> None:
    """Do the same from now on, for a process that does nothing else."""
    warnings.filterwarnings("error", category=UserWarning, module="PIL")


def rgb(data: bytes, refuse: Refuse) -> tuple[Image, str | None]:
    """Decode a picture file to uint8 RGB `(height, width, 3)`; see `decode`."""
    return decode(data, refuse, Asked())


def decode(data: bytes, refuse: Refuse, asked: Asked, half: Half | None = None) -> tuple[Samples, str | None]:
    """Decode a picture file to the channels and bits that are asked for.

    Args:
        data: the file's contents: a picture, or an array as `.npy`.
        refuse: it is called before anything is decoded.
        asked: the channels and bits. Samples of 16 bits are not changed, but by the rules of `channels` where grey
            becomes RGB and the like. Where 8 bits are asked for, those of 16 lose the lower 8. Bands are taken from
            `.npy` and TIFF, and only exactly as many.
        half: the half that is returned; None for the whole picture. Alpha that is not asked for has to be opaque there.

    Returns:
        The pixels, uint8 or uint16 `(height, width, channels)`, and the kind that was converted, such as `CMYK` or
        `colour profile Display P3`; None if the picture was as it is asked for.

    Raises:
        DataError: the picture cannot be decoded, or can be read in more than one way, or has not what is asked for;
            the message does not name the file.
    """
    if data.startswith(npy.SIGNATURE):
        refuse(*npy.size(data))
        values, note = exact(npy.read(data), asked)
        return cut(values, half), note
    if data.startswith(bands.SIGNATURES) and _for_tifffile(data, asked):
        return _from_tiff(data, refuse, asked, half)
    return _from_picture(data, refuse, asked, half)


def class_ids(data: bytes, refuse: Refuse, half: Half | None = None) -> NDArray[np.int32]:
    """Decode the file of a label map or an instance map that holds an id for each pixel, int32 `(height, width)`.

    Args:
        data: the file's contents.
        refuse: it is called before anything is decoded.
        half: the half that is returned; None for the whole picture.

    Raises:
        DataError: the picture cannot be decoded, or does not hold ids as they were saved.
    """
    if is_lossy(data):
        raise DataError("its compression changes values, and ids have to stay as they are; save it as PNG")
    values = _opened(data, refuse, lambda picture, _: np.asarray(picture).astype(np.int32))
    with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        return cut(ids(values, picture), half)


def _for_tifffile(data: bytes, asked: Asked) -> bool:
    """Whether a TIFF is read by tifffile, because Pillow does not open it, misreads it, or has 8 bits only."""
    try:
        with PillowImage.open(io.BytesIO(data), formats=("TIFF",)) as picture:
            return asked.is_bands or tiff.is_misread(picture) or (asked.bits == 16 and bands.can_read(data))
    except Exception:  # of damage, Pillow knows more to say
        return bands.can_read(data)


def _from_tiff(data: bytes, refuse: Refuse, asked: Asked, half: Half | None) -> tuple[Samples, str | None]:
    found = bands.read(data, refuse, stacked=asked.is_bands)
    if asked.is_bands or not found.coloured:
        values, note = exact(found.values, asked)
        return cut(values, half), note
    channels = found.values.shape[2]
    values, deep_note = exact(found.values, Asked(channels, asked.bits))
    info = {"icc_profile": found.profile} if found.profile else {}
    colours = profiles.not_converted(channels == 1, "TIFF", info, data)
    depth = deep_note and f"16-bit {NAMES[channels]}"
    return brought(values, asked.channels, half), _note(channels, asked, depth, colours)


def _from_picture(data: bytes, refuse: Refuse, asked: Asked, half: Half | None) -> tuple[Samples, str | None]:
    """Decode a file that Pillow reads."""
    if asked.is_bands:
        raise DataError(f"is no TIFF and no .npy, and {asked} are asked for (data.input_channels)")
    if asked.bits == 16:
        return _opened(data, refuse, lambda picture, _: _deep(picture, data, asked, half))
    return _opened(data, refuse, lambda picture, depth: _shallow(picture, depth, data, asked, half))


def _opened(data: bytes, refuse: Refuse, convert: Callable[[PillowImage.Image, str | None], Decoded]) -> Decoded:
    """Open a picture, check it, and convert it; `convert` gets it with the bits of its colours."""
    try:
        data = png.without_texts(data) if data.startswith(png.SIGNATURE) else data
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            depth = _depth(picture)
            refuse(*picture.size)
            _check(picture)
            _check_whole(picture, data)
            converted = convert(picture, depth)
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
    except Exception:  # as in `decode`, which refuses it
        return False


def is_grey(data: bytes) -> bool:
    """Whether a picture file has one value a pixel: grey, or the index of a palette; False if this cannot be told."""
    try:
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            return picture.mode in ("1", "L", "P", *deep.GREY)
    except Exception:  # as in `decode`, which refuses it
        return False


def size(data: bytes) -> tuple[int, int]:
    """Return the width and the height of the picture in a file, without decoding it; 0 and 0 if they cannot be told."""
    try:
        if data.startswith(npy.SIGNATURE):
            return npy.size(data)
        if data.startswith(bands.SIGNATURES):
            return bands.size(data)
        with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
            return picture.size
    except Exception:  # as in `decode`, which refuses it
        return 0, 0


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


def _deep(picture: PillowImage.Image, data: bytes, asked: Asked, half: Half | None) -> tuple[Samples, str | None]:
    """Return the 16-bit samples of a picture, or of a half of it, and its earlier kind."""
    samples = deep.samples(data)
    channels = samples.shape[2]
    colours = profiles.not_converted(channels == 1, picture.format, dict(picture.info), data)
    return brought(samples, asked.channels, half), _note(channels, asked, None, colours)


def _shallow(
    picture: PillowImage.Image, depth: str | None, data: bytes, asked: Asked, half: Half | None
) -> tuple[Samples, str | None]:
    """Convert a picture, or a half of it, to 8-bit grey, sRGB or RGBA; return it with its earlier kind."""
    kind, mode, info = picture.format, picture.mode, dict(picture.info)
    alpha = np.asarray(picture.convert("RGBA"))[..., 3:] if picture.has_transparency_data else None
    reduced, note = _reduced(picture, depth)
    converted, colours = profiles.to_srgb(reduced, kind, info, data)
    converted = converted if converted.mode == "L" else converted.convert("RGB")
    pixels = np.asarray(converted).reshape(converted.height, converted.width, -1)
    if alpha is not None:
        pixels = np.concatenate([brought(pixels, 3), alpha], axis=2)
    if asked.channels == 4 and alpha is not None:
        note = mode
    return brought(pixels, asked.channels, half), _note(pixels.shape[2], asked, note, colours)


def _note(there: int, asked: Asked, kind: str | None, colours: str | None) -> str | None:
    """What was converted, of a picture with so many channels; None if nothing was."""
    if asked.is_plain:
        return ", ".join(filter(None, (kind, colours))) or None
    parts = [part for part in (kind, colours) if part and part != NAMES[asked.channels]]
    if there != asked.channels and not kind:
        parts.insert(0, NAMES[there])
    return f"{READ_AS}{NAMES[asked.channels]}: {', '.join(parts)}" if parts else None


def _reduced(picture: PillowImage.Image, depth: str | None) -> tuple[PillowImage.Image, str | None]:
    """A picture in 8 bits as grey (L), RGB or CMYK, without alpha, and its earlier kind; None if it was RGB already."""
    mode = picture.mode
    if picture.has_transparency_data:
        alpha = picture.convert("RGBA")
        return alpha.convert("L" if mode in ("L", "LA") else "RGB"), f"{mode} with opaque alpha"
    if mode in ("RGB", "L", "CMYK"):
        picture.load()
        return picture, depth if mode == "RGB" and depth else _MODES.get(mode)
    if mode in deep.GREY:
        return PillowImage.fromarray((np.asarray(picture) >> 8).astype(np.uint8)), "16-bit grey"
    if mode in _MODES:
        return picture.convert("L" if mode == "1" else "RGB"), _MODES[mode]
    raise DataError(f"has pixels of an unknown range (Pillow mode {mode}); save it as 8-bit RGB")
