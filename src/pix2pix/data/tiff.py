"""Whether a TIFF has all its pixels, and pixels that Pillow reads right, where decoding it does not tell.

Pillow leaves strips black that the file does not name, takes 12 bits for 16, and 16-bit white for black where a file
says that 0 is white. (TIFF 6.0, sections 3, 8 and 15)
"""

from collections.abc import Iterator
from math import prod

from PIL import Image as PillowImage
from PIL.TiffImagePlugin import ImageFileDirectory_v2
from PIL.TiffTags import TAGS_V2

from pix2pix.base.errors import DataError
from pix2pix.data import jpeg

_TAG = {info.name: number for number, info in TAGS_V2.items()}
# libtiff passes over damage in these, with a line on stderr.
_DEPTHS = {1, 2, 4, 8, 16, 32, 64}  # Pillow tells the last two by its mode, or refuses them
_WHITE_IS_ZERO, _YCBCR = 0, 6
_SEPARATE = 2  # a plane for each channel
_UNSURE = {"group3", "group4", "tiff_ccitt", "tiff_jpeg", "tiff_raw_16", "tiff_thunderscan"}


def refuse_cut(picture: PillowImage.Image, data: bytes) -> None:
    """Refuse a TIFF that lacks pixels, of which nobody can tell, or that Pillow misreads.

    Args:
        picture: what Pillow opened, not decoded yet.
        data: the file.

    Raises:
        DataError: pixels are missing, or its compression hides damage; or its samples have a depth that is no
            power of two, or 16 bits with 0 for white.
    """
    _refuse_misread(picture)
    _refuse_unnamed(picture)
    compression = picture.info.get("compression")
    if compression in _UNSURE:
        raise DataError(f"is compressed in a way that hides damage ({compression}); save it as PNG")
    if compression == "jpeg":
        left = 4 * picture.width * picture.height + (1 << 20)  # tiles may reach far beyond a small picture
        for piece in _pieces(picture, data):
            left -= jpeg.refuse_cut(piece, left)


def is_misread(picture: PillowImage.Image) -> bool:
    """Whether Pillow would give other pixels than the file has: of bands the first alone, of planes the upper bytes.

    Args:
        picture: what Pillow opened, not decoded yet.
    """
    samples = _numbers(picture, "SamplesPerPixel", 1)[0]
    planes = _numbers(picture, "PlanarConfiguration", 1)[0] == _SEPARATE
    return samples > 1 and 16 in _numbers(picture, "BitsPerSample", 1) and (planes or len(picture.getbands()) == 1)


def _refuse_misread(picture: PillowImage.Image) -> None:
    depths = set(_numbers(picture, "BitsPerSample", 1))
    if not depths <= _DEPTHS:
        raise DataError(f"has samples of {max(depths)} bits; save it with 8 or 16 bits")
    if 16 in depths and _numbers(picture, "PhotometricInterpretation", 1) == (_WHITE_IS_ZERO,):
        raise DataError("has 16 bits and 0 for white; save it with 0 for black")


def _refuse_unnamed(picture: PillowImage.Image) -> None:
    """Refuse a picture of which strips or tiles are not named, are empty, or are shorter than their pixels."""
    kind, count = _division(picture)
    sizes = _numbers(picture, f"{kind}ByteCounts", 0)
    if len(sizes) < count or not all(_numbers(picture, f"{kind}Offsets", 0)) or not all(sizes):
        raise DataError(f"damaged or cut short (the TIFF does not say where all of its {count} {kind.lower()}s are)")
    bits = sum(_numbers(picture, "BitsPerSample", 1))
    plain = picture.info.get("compression") == "raw" and _numbers(picture, "PhotometricInterpretation", 1) != (_YCBCR,)
    if plain and 8 * sum(sizes) < picture.width * picture.height * bits:
        raise DataError(f"damaged or cut short (the TIFF has {sum(sizes):,} bytes of pixels)")


def _division(picture: PillowImage.Image) -> tuple[str, int]:
    """Whether the pixels are in strips or in tiles, and how many the size of the picture needs."""
    width, height = picture.size
    kind = "Tile" if _TAG["TileOffsets"] in _tags(picture) else "Strip"
    if kind == "Tile":
        across, down = _numbers(picture, "TileWidth", width)[0], _numbers(picture, "TileLength", height)[0]
    else:
        across, down = width, min(_numbers(picture, "RowsPerStrip", height)[0], height)
    planes = (
        _numbers(picture, "SamplesPerPixel", 1)[0] if _numbers(picture, "PlanarConfiguration", 1)[0] == _SEPARATE else 1
    )
    return kind, prod(-(-size // max(step, 1)) for size, step in ((width, across), (height, down))) * planes


def _tags(picture: PillowImage.Image) -> ImageFileDirectory_v2:
    return picture.tag_v2  # type: ignore[attr-defined]


def _numbers(picture: PillowImage.Image, name: str, default: int) -> tuple[int, ...]:
    """The values of a tag; one that the file does not have has `default`."""
    value = _tags(picture).get(_TAG[name], default)
    return value if isinstance(value, tuple) else (value,)


def _pieces(picture: PillowImage.Image, data: bytes) -> Iterator[bytes]:
    """Each strip or tile as a JPEG, with the tables that they share."""
    tags, (kind, _) = _tags(picture), _division(picture)
    places = zip(tags[_TAG[f"{kind}Offsets"]], tags[_TAG[f"{kind}ByteCounts"]], strict=True)
    tables = tags.get(_TAG["JPEGTables"], b"")[:-2]
    for at, size in places:  # one at a time: they may overlap, and be larger than the file together
        yield (tables + data[at + 2 : at + size]) if tables else data[at : at + size]
