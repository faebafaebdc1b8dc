"""Pictures of any size brought to the size of a field: `data.fit` names the rule."""

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.pictures import resized
from pix2pix.params import Fit

Image = NDArray[np.uint8]
Size = tuple[int, int]
# Proportions that differ by less are taken for the same.
STRETCHED = 0.02


def fitted(picture: Image, size: Size, fit: Fit, label: bool) -> Image:
    """Bring a picture to a size.

    Args:
        picture: uint8 `(…, …, channels)`, not empty.
        size: height and width of the result, in pixels.
        fit: `resize` scales both sides to the size, which may change the picture's proportions. `crop` keeps the
            largest part in the middle that has the proportions of the size, to whole pixels, and scales it. `pad`
            scales the picture until all of it fits, and continues its edges on all sides.
        label: whether the picture is a label map, which is scaled by nearest neighbour; see `pictures.resized`.

    Returns:
        uint8 `(height, width, channels)`.
    """
    if fit == "crop":
        picture = middle(picture, largest(size, _size(picture)))
    if fit == "pad":
        height, width = largest(_size(picture), size)
        return padded(resized(picture, width, height, label), size)
    height, width = size
    return resized(picture, width, height, label)


def padded(picture: Image, size: Size) -> Image:
    """Put a picture into the middle of a size in which it fits, and continue its edges on all sides."""
    margins = [(side - length, (side - length) // 2) for length, side in zip(_size(picture), size, strict=True)]
    return np.pad(picture, (*((before, both - before) for both, before in margins), (0, 0)), mode="edge")


def changes_proportions(given: Size, size: Size, by: float) -> bool:
    """Whether scaling from one size to another stretches one side against the other by more than a share.

    Args:
        given, size: height and width.
        by: 0.02 for two percent.
    """
    one, other = given[0] * size[1], given[1] * size[0]
    return max(one, other) > (1 + by) * min(one, other)


def largest(proportions: Size, room: Size) -> Size:
    """Return the largest size with these proportions that fits into the room, rounded to whole pixels."""
    scale = min(there / wanted for there, wanted in zip(room, proportions, strict=True))
    height, width = (min(max(round(wanted * scale), 1), there) for there, wanted in zip(room, proportions, strict=True))
    return height, width


def middle(picture: Image, size: Size) -> Image:
    """Cut the middle of a size out of a picture."""
    top, left = ((there - kept) // 2 for there, kept in zip(_size(picture), size, strict=True))
    return picture[top : top + size[0], left : left + size[1]]


def _size(picture: Image) -> Size:
    height, width, _ = picture.shape
    return height, width
