"""Whether a TIFF has all its pixels, where decoding it does not tell: JPEG inside, or the codings of fax machines."""

from PIL import Image as PillowImage
from PIL.TiffTags import TAGS_V2

from pix2pix.base.errors import DataError
from pix2pix.data import jpeg

_TAG = {info.name: number for number, info in TAGS_V2.items()}
# libtiff passes over damage in these, with a line on stderr.
_UNSURE = {"group3", "group4", "tiff_ccitt", "tiff_jpeg", "tiff_raw_16", "tiff_thunderscan"}


def refuse_cut(picture: PillowImage.Image, data: bytes) -> None:
    """Refuse a TIFF that lacks pixels, or of which nobody can tell.

    Args:
        picture: what Pillow opened, not decoded yet.
        data: the file.

    Raises:
        DataError: pixels are missing, or its compression hides damage.
    """
    compression = picture.info.get("compression")
    if compression in _UNSURE:
        raise DataError(f"is compressed in a way that hides damage ({compression}); save it as PNG")
    if compression == "jpeg":
        left = 4 * picture.width * picture.height + (1 << 20)  # tiles may reach far beyond a small picture
        for piece in _pieces(picture, data):
            left -= jpeg.refuse_cut(piece, left)


def _pieces(picture: PillowImage.Image, data: bytes) -> list[bytes]:
    """Each strip or tile as a JPEG, with the tables that they share."""
    tags = picture.tag_v2  # type: ignore[attr-defined]
    kind = "Tile" if _TAG["TileOffsets"] in tags else "Strip"
    places = zip(tags[_TAG[f"{kind}Offsets"]], tags[_TAG[f"{kind}ByteCounts"]], strict=True)
    tables = tags.get(_TAG["JPEGTables"], b"")[:-2]
    return [(tables + data[at + 2 : at + size]) if tables else data[at : at + size] for at, size in places]
