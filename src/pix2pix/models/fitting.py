"""Pictures of any size for a network that takes one size: they are fitted, and the answer is restored."""

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized
from pix2pix.data.tasks import Field

Image = NDArray[Any]  # uint8 or uint16
# `exact` takes pictures of the network's size only. `resize` takes any size, and changes a picture's proportions if
# needed, as with the training pairs. `pad` takes smaller pictures, and continues their edges on all sides.
Fit = Literal["exact", "resize", "pad"]


def fitted(picture: Image, field: Field, fit: Fit) -> Image:
    """Bring a picture to the size of the network.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`, not empty.
        field: the network's input.
        fit: how; see `Fit`.

    Returns:
        The same type, in the shape of the field.

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
            f"{width}x{height} pixels, and this model takes {size}; fit `resize` takes any, `pad` smaller ones"
        )
    if width > field.width or height > field.height:
        raise DataError(f"{width}x{height} pixels, too many to pad to this model's {size}; fit `resize` takes any")
    left, top = _margin(width, field.width), _margin(height, field.height)
    edges = ((top, field.height - height - top), (left, field.width - width - left), (0, 0))
    return np.pad(picture, edges, mode="edge")


def restored(answer: Image, width: int, height: int, field: Field, fit: Fit) -> Image:
    """Bring the network's answer to a `fitted` picture back to the size of the picture.

    Args:
        answer: uint8 or uint16 in the shape of the field.
        width, height: the size of the picture, in pixels.
        field: the network's target.
        fit: how the picture was fitted.

    Returns:
        The same type, `(height, width, channels)`.
    """
    if fit == "resize":
        return resized(answer, width, height, field.is_label)
    left, top = _margin(width, field.width), _margin(height, field.height)
    return answer[top : top + height, left : left + width]


def _margin(length: int, side: int) -> int:
    """Return the number of pixels before a part of `length` pixels in the middle of a side."""
    return (side - length) // 2
