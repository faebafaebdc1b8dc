"""The two halves of one picture: the only place that knows left from right."""

from collections.abc import Mapping

from pix2pix.base.errors import DataError
from pix2pix.base.pictures import Image
from pix2pix.data import channels
from pix2pix.params import Half


def cut(picture: Image, halves: Mapping[str, Half]) -> dict[str, Image]:
    """Cut a picture into its two halves, by the names of the fields.

    Args:
        picture: `(height, width, channels)`, with an even width.
        halves: the half of the picture for each field.

    Returns:
        `{"input": …, "target": …}`, `(height, width / 2, channels)` each.
    """
    return {name: channels.cut(picture, half) for name, half in halves.items()}


def refuse_odd(width: int) -> None:
    """Refuse a picture whose width, in pixels, cannot be halved.

    Raises:
        DataError: the width is odd.
    """
    if width < 2 or width % 2:
        raise DataError(f"{width} pixels wide: an even width is needed for two halves")


def refuse(max_pixels: int, width: int, height: int) -> None:
    """Refuse a picture by its size, in pixels, before it is decoded.

    Raises:
        DataError: it has more pixels than `max_pixels`, or no two halves.
    """
    refuse_large(max_pixels, width, height)
    refuse_odd(width)


def refuse_large(max_pixels: int, width: int, height: int) -> None:
    """Refuse a picture by its size, in pixels, before it is decoded.

    Raises:
        DataError: it has more pixels than `max_pixels`.
    """
    if width * height > max_pixels:
        raise DataError(f"{width}x{height} has more pixels than prepare.max_pixels = {max_pixels}")
