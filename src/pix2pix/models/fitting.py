"""Pictures of any size for a network of one: brought to its size, and the answer brought back."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized

Image = NDArray[np.uint8]
# `exact` takes pictures of the network's size alone. `resize` takes any, and changes the proportions of those that are
# no squares, as it was done to the training pairs. `pad` takes smaller ones, in the middle of their continued edges.
Fit = Literal["exact", "resize", "pad"]


def fitted(picture: Image, size: int, fit: Fit, label: bool) -> Image:
    """A picture in the size of the network.

    Args:
        picture: uint8 RGB `(height, width, 3)`, not empty.
        size: side of the network's pictures, in pixels.
        fit: how; see `Fit`.
        label: whether it is a label map.

    Returns:
        uint8 RGB `(size, size, 3)`.

    Raises:
        DataError: a picture of this size cannot be fitted so.
    """
    if fit not in get_args(Fit):
        raise ValueError(f"fit = {fit!r}: must be one of {', '.join(get_args(Fit))}")
    height, width, _ = picture.shape
    if fit == "resize":
        return resized(picture, size, size, label)
    if fit == "exact" and (width, height) != (size, size):
        raise DataError(
            f"{width}x{height} pixels, and this model takes {size}x{size}; fit `resize` takes any, `pad` smaller ones"
        )
    if max(width, height) > size:
        raise DataError(
            f"{width}x{height} pixels, too many to pad to this model's {size}x{size}; fit `resize` takes any"
        )
    left, top = _margin(width, size), _margin(height, size)
    return np.pad(picture, ((top, size - height - top), (left, size - width - left), (0, 0)), mode="edge")


def restored(answer: Image, width: int, height: int, fit: Fit, label: bool) -> Image:
    """The network's answer to a picture that was `fitted`, in the size that the picture had.

    Args:
        answer: uint8 RGB `(size, size, 3)`.
        width, height: of the picture, in pixels.
        fit: how it was fitted.
        label: whether the answer is a label map.

    Returns:
        uint8 RGB `(height, width, 3)`.
    """
    if fit == "resize":
        return resized(answer, width, height, label)
    left, top = _margin(width, len(answer)), _margin(height, len(answer))
    return answer[top : top + height, left : left + width]


def _margin(length: int, size: int) -> int:
    """Pixels before so many in the middle of `size`."""
    return (size - length) // 2
