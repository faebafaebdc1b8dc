"""Pictures of any size for a network that takes one size: brought to it, and the answer brought back."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized
from pix2pix.data.tasks import Field

Image = NDArray[np.uint8]
# `exact` takes pictures of the network's size alone. `resize` takes any, and changes the proportions of those that have
# others, as it was done to the training pairs. `pad` takes smaller ones, in the middle of their continued edges.
Fit = Literal["exact", "resize", "pad"]


def fitted(picture: Image, field: Field, fit: Fit) -> Image:
    """A picture in the size of the network.

    Args:
        picture: uint8 `(height, width, channels)`, not empty.
        field: the network's input.
        fit: how; see `Fit`.

    Returns:
        uint8 in the shape of the field.

    Raises:
        DataError: a picture of this size cannot be fitted so.
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
    """The network's answer to a picture that was `fitted`, in the size that the picture had.

    Args:
        answer: uint8 in the shape of the field.
        width, height: of the picture, in pixels.
        field: the network's target.
        fit: how the picture was fitted.

    Returns:
        uint8 `(height, width, channels)`.
    """
    if fit == "resize":
        return resized(answer, width, height, field.is_label)
    left, top = _margin(width, field.width), _margin(height, field.height)
    return answer[top : top + height, left : left + width]


def _margin(length: int, side: int) -> int:
    """Pixels before so many in the middle of a side."""
    return (side - length) // 2
