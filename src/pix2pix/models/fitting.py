"""Pictures of any size for a network that takes one size: they are fitted, and the answer is restored."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized
from pix2pix.data.tasks import Field

Image = NDArray[np.uint8]
# `exact` takes pictures of the network's size only. `resize` takes any size, and changes a picture's proportions if
# needed, as with the training pairs. `pad` takes smaller pictures, and continues their edges on all sides. `tile` takes
# any size: it pads sides that are smaller, and the network takes what is larger tile by tile (see `tiling`).
Fit = Literal["exact", "resize", "pad", "tile"]


def fitted(picture: Image, field: Field, fit: Fit) -> Image:
    """Bring a picture to the size of the network; for `tile`, to this size or a larger one.

    Args:
        picture: uint8 `(height, width, channels)`, not empty.
        field: the network's input.
        fit: how; see `Fit`.

    Returns:
        uint8 in the shape of the field; for `tile`, with sides at least as long.

    Raises:
        DataError: a picture of this size cannot be fitted in this way.
    """
    if fit not in get_args(Fit):
        raise ValueError(f"fit = {fit!r}: must be one of {', '.join(get_args(Fit))}")
    height, width, _ = picture.shape
    if fit == "resize":
        return resized(picture, field.width, field.height, field.is_label)
    size = f"{field.width}x{field.height}"
    if fit == "exact" and (width, height) != (field.width, field.height):
        raise DataError(
            f"{width}x{height} pixels, and this model takes {size}; the fits `resize` and `tile` take any, "
            "`pad` smaller ones"
        )
    if fit == "pad" and (width > field.width or height > field.height):
        raise DataError(
            f"{width}x{height} pixels, too many to pad to this model's {size}; the fits `resize` and `tile` take any"
        )
    edges = (_margins(height, field.height), _margins(width, field.width), (0, 0))
    return np.pad(picture, edges, mode="edge")


def restored(answer: Image, width: int, height: int, field: Field, fit: Fit) -> Image:
    """Bring the network's answer to a `fitted` picture back to the size of the picture.

    Args:
        answer: uint8 in the size of the fitted picture.
        width, height: the size of the picture, in pixels.
        field: the network's target.
        fit: how the picture was fitted.

    Returns:
        uint8 `(height, width, channels)`.
    """
    if fit == "resize":
        return resized(answer, width, height, field.is_label)
    (top, _), (left, _) = _margins(height, field.height), _margins(width, field.width)
    return answer[top : top + height, left : left + width]


def _margins(length: int, side: int) -> tuple[int, int]:
    """Return the number of pixels before and after `length` pixels in the middle of a side; none if it is shorter."""
    missing = max(0, side - length)
    return missing // 2, missing - missing // 2
