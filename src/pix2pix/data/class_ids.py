"""Label maps and instance maps whose files hold an id for each pixel: grey values, or the indices of a palette."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base.errors import DataError
from pix2pix.data import pnm
from pix2pix.params.palette import Colour

# How Pillow stores the ids, by its name for the pixels in the file, and the factor by which it enlarges them.
_FACTORS = {
    **dict.fromkeys(("L", "P", "P;1", "P;2", "P;4", "1", "I;16", "I;16B", "RGB", "RGBA"), 1),
    **{"L;2": 85, "L;4": 17},
}


def ids(pixels: NDArray[np.int32], picture: PillowImage.Image) -> NDArray[np.int32]:
    """Return the id of every pixel, int32 `(height, width)`.

    Args:
        pixels: the picture's values as Pillow decodes them, `(height, width)` or `(height, width, channels)`.
        picture: the same file, opened and not decoded.

    Raises:
        DataError: the picture has colours, or its values are not stored as they are.
    """
    stored = {_stored(tile.args) for tile in picture.tile}  # type: ignore[attr-defined]
    factor = _FACTORS.get(stored.pop(), 0) if len(stored) == 1 else 0
    scaled = picture.format == "PPM" and picture.mode != "1" and pnm.most_value(picture) not in (255, 65535)
    if not factor or scaled:
        raise DataError("its values may not be the ids that were saved; save ids as a grey PNG of 8 or 16 bits")
    if pixels.ndim == 3:
        grey, *others = np.moveaxis(pixels[..., :3], -1, 0)
        if any((grey != other).any() for other in others):
            raise DataError("has colours, where data.palette or data.instances says ids: save one grey value for each")
        pixels = grey
    return pixels // factor


def _stored(args: object) -> str:
    """Pillow's name for the pixels in a file, from the arguments of its decoder."""
    return str(args[0] if isinstance(args, tuple) and args else args)


def painted(found: NDArray[np.int32], colours: Mapping[int, Colour]) -> NDArray[np.uint8]:
    """Paint class ids in the colours of their classes, uint8 RGB `(height, width, 3)`.

    Raises:
        DataError: ids that no class has.
    """
    there = np.unique(found).tolist()
    if unknown := [str(id_) for id_ in there if id_ not in colours]:
        shown = ", ".join(unknown[:8]) + (", …" if len(unknown) > 8 else "")
        raise DataError(f"has class ids that neither data.palette nor data.ignore names: {shown}")
    table = np.zeros((max(there) + 1, 3), np.uint8)
    for id_ in there:
        table[id_] = colours[id_]
    return table[found]
