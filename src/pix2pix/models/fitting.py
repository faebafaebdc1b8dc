"""Pictures of any size for a network that takes one size: they are fitted, and the answer is restored."""

from typing import Any, Literal, get_args

from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import resized
from pix2pix.data.fit import largest, middle, padded
from pix2pix.data.tasks import Field

Image = NDArray[Any]  # uint8 or uint16
# `exact` takes pictures of the network's size only. `resize` takes any size, and changes a picture's proportions if
# needed. `pad` takes any size, too, and keeps the proportions: it scales a larger picture down until all of it fits,
# and continues the edges on all sides. `tile` takes any size: it pads smaller sides, and the network takes what
# is larger tile by tile (see `tiling`).
Fit = Literal["exact", "resize", "pad", "tile"]


def fitted(picture: Image, field: Field, fit: Fit) -> Image:
    """Bring a picture to the size of the network; for `tile`, to this size or a larger one.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`, not empty.
        field: the network's input.
        fit: how; see `Fit`.

    Returns:
        The same type, in the shape of the field; for `tile`, with sides at least as long.

    Raises:
        DataError: a picture of this size cannot be fitted in this way.
    """
    if fit not in get_args(Fit):
        raise ValueError(f"fit = {fit!r}: must be one of {', '.join(get_args(Fit))}")
    height, width, _ = picture.shape
    if fit == "resize":
        return resized(picture, field.width, field.height, field.is_label)
    if fit == "exact" and (width, height) != (field.width, field.height):
        raise DataError(
            f"{width}x{height} pixels, and this model takes {field.width}x{field.height}; the fits `resize`, `pad` and "
            "`tile` take any size"
        )
    if fit == "tile":
        return padded(picture, (max(height, field.height), max(width, field.width)))
    inside = _inside(width, height, field)
    return padded(resized(picture, inside[1], inside[0], field.is_label), (field.height, field.width))


def restored(answer: Image, width: int, height: int, field: Field, fit: Fit) -> Image:
    """Bring the network's answer to a `fitted` picture back to the size of the picture.

    Args:
        answer: uint8 or uint16 in the size of the fitted picture.
        width, height: the size of the picture, in pixels.
        field: the network's target.
        fit: how the picture was fitted.

    Returns:
        The same type, `(height, width, channels)`.
    """
    if fit == "resize":
        return resized(answer, width, height, field.is_label)
    if fit == "tile":
        return middle(answer, (height, width))
    return resized(middle(answer, _inside(width, height, field)), width, height, field.is_label)


def _inside(width: int, height: int, field: Field) -> tuple[int, int]:
    """Return the height and width that a picture has inside of the field, if it is padded."""
    if width <= field.width and height <= field.height:
        return height, width
    return largest((height, width), (field.height, field.width))
