"""The samples of 16-bit pictures, which Pillow holds only for grey: of RGB and RGBA it keeps the upper 8 bits.

Its decoders take a name for the layout of the bytes. With big- and little-endian exchanged they give the lower 8 bits,
so a picture that is decoded twice has all 16.
"""

import io
from typing import Any

import numpy as np
from PIL import Image as PillowImage
from PIL.ImageFile import ImageFile

from pix2pix.base.errors import DataError
from pix2pix.data import pnm
from pix2pix.data.channels import Samples, refuse_shallow
from pix2pix.data.picture_files import FORMATS

GREY = ("I;16", "I;16L", "I;16B")
_SEPARATE = 2  # a plane for each channel, in a TIFF
_PLANAR = 284


def samples(data: bytes) -> Samples:
    """Return the samples of a 16-bit picture as they are in its file, which Pillow opens.

    Returns:
        uint16 `(height, width, channels)`: grey, RGB or RGBA.

    Raises:
        DataError: it has 8 bits, or 16 in a form that is not read.
    """
    with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.format == "PPM":
            return _of_pnm(picture, data)
        if "transparency" in picture.info:
            raise DataError("has a transparent colour; save it with an alpha channel, or without transparency")
        if picture.mode in GREY:
            return np.asarray(picture).astype(np.uint16)[..., None]
        return _twice(picture, data)


def _of_pnm(picture: PillowImage.Image, data: bytes) -> Samples:
    """Return the samples of a PGM or PPM, scaled so that its value for full brightness becomes 65535."""
    most = pnm.most_value(picture)
    if picture.mode == "1" or most < 256:
        refuse_shallow()
    values = pnm.values(picture, data).reshape(picture.height, picture.width, -1)
    if values.max() > most:
        raise DataError(f"damaged (values above {most}, which is its full brightness)")
    return np.rint(values.astype(np.float64) * 65535 / most).astype(np.uint16)


def _twice(picture: PillowImage.Image, data: bytes) -> Samples:
    """Decode a picture for the upper 8 bits, and again for the lower."""
    upper, lower = _layouts(picture)
    high, low = (_decoded(data, layout) for layout in (upper, lower))
    return (high.astype(np.uint16) << 8) | low


def _layouts(picture: PillowImage.Image) -> tuple[str, str]:
    """Return the names of the layouts that give the upper and the lower 8 bits.

    Raises:
        DataError: the picture has 8 bits, or is not read.
    """
    layout = _layout(picture)
    if ";16" not in layout:
        refuse_shallow()
    planes = picture.format == "TIFF" and picture.tag_v2.get(_PLANAR) == _SEPARATE  # type: ignore[attr-defined]
    if layout[:-1] not in ("RGB;16", "RGBA;16") or layout[-1] not in "BLN" or planes:
        raise DataError(f"has 16 bits in a form that is not read ({layout}); save it as grey, RGB or RGBA")
    big = layout[-1] == "B"
    return (layout[:-1] + "B", layout[:-1] + "L") if big else (layout[:-1] + "L", layout[:-1] + "B")


def _layout(picture: PillowImage.Image) -> str:
    args = picture.tile[0].args if getattr(picture, "tile", None) else ""  # type: ignore[attr-defined]
    return str(args[0] if isinstance(args, tuple) else args)


def _decoded(data: bytes, layout: str) -> Samples:
    """Decode a file with another name for its layout; `N`, for the machine's own, is little-endian on all of them."""
    with PillowImage.open(io.BytesIO(data), formats=FORMATS) as picture:
        assert isinstance(picture, ImageFile)
        picture.tile = [tile._replace(args=_renamed(tile.args, layout)) for tile in picture.tile]
        return np.asarray(picture)


def _renamed(args: Any, layout: str) -> Any:
    return (layout, *args[1:]) if isinstance(args, tuple) else layout
