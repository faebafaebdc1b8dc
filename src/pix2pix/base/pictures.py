"""Pictures as arrays: resized, on a grid, and as PNG files. It imports no other module but `shown` and `deep_png`."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base import deep_png
from pix2pix.base.shown import shown

Image = NDArray[Any]  # uint8, or uint16 where 16 bits were asked for
GAP = 4
_PAPER = 255


def grid(rows: Sequence[Sequence[Image]]) -> Image:
    """Place rows of equally sized pictures on white paper.

    Args:
        rows: at least one row of at least one picture, uint8 or uint16 `(height, width, channels)`, all of one size,
            and the same number in each row. See `shown` for how each is shown.

    Returns:
        uint8 RGB, with `GAP` white pixels around each picture.
    """
    height, width, _ = rows[0][0].shape
    paper = np.full(((height + GAP) * len(rows) + GAP, (width + GAP) * len(rows[0]) + GAP, 3), _PAPER, dtype=np.uint8)
    for i, row in enumerate(rows):
        for j, picture in enumerate(row):
            top, left = GAP + i * (height + GAP), GAP + j * (width + GAP)
            paper[top : top + height, left : left + width] = shown(picture)
    return paper


def sheet(pictures: Sequence[Image], across: int) -> Image:
    """Place equally sized pictures in rows of `across`, fewer if there are fewer; see `grid`.

    The last row is filled up with white.
    """
    width = min(across, len(pictures))
    white = np.full_like(pictures[0], np.iinfo(pictures[0].dtype).max)
    filled = [*pictures, *[white] * (-len(pictures) % width)]
    return grid([filled[start : start + width] for start in range(0, len(filled), width)])


def save_png(path: Path, picture: Image) -> None:
    """Write a picture as PNG; see `png`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(picture))


def png(picture: Image) -> bytes:
    """Encode a picture, uint8 or uint16 `(height, width, channels)`, as PNG: grey, RGB, or RGB with opacity.

    The same pixels give the same bytes.
    """
    if picture.dtype == np.uint16:
        return deep_png.encoded(picture)
    buffer = io.BytesIO()
    PillowImage.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(buffer, format="PNG")
    return buffer.getvalue()


def load_rgb(path: Path) -> Image:
    """Read a picture file as uint8 RGB `(height, width, 3)`."""
    with PillowImage.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def resized(picture: Image, width: int, height: int, label: bool) -> Image:
    """Resize a picture.

    Photos are resized bicubically and antialiased. Label maps get the nearest pixel, because a mixture of two label
    colours may be the colour of a third.

    Args:
        picture: uint8 or uint16 `(…, …, channels)`.
        width, height: the size of the result, in pixels.
        label: whether the picture is a label map.

    Returns:
        The same type, `(height, width, channels)`.
    """
    if picture.shape[:2] == (height, width):
        return picture
    how = PillowImage.Resampling.NEAREST if label else PillowImage.Resampling.BICUBIC
    return resampled(picture, width, height, how)


def resampled(
    picture: Image,
    width: int,
    height: int,
    how: PillowImage.Resampling,
    box: tuple[float, float, float, float] | None = None,
) -> Image:
    """Resize a part of a picture.

    Args:
        picture: uint8 or uint16 `(…, …, channels)`.
        width, height: the size of the result, in pixels.
        how: the filter.
        box: the part, (left, top, right, bottom) in pixels; the whole picture by default.

    Returns:
        The same type, `(height, width, channels)`.
    """
    if picture.dtype == np.uint16:
        return _deep_resampled(picture, (width, height), how, box)
    channels = picture.shape[2]
    # Three channels at once are faster. Pillow would take the last of four for opacity, and weigh the others by it.
    planes = [picture] if channels == 3 else [picture[..., channel] for channel in range(channels)]
    made = [np.asarray(PillowImage.fromarray(plane).resize((width, height), how, box)) for plane in planes]
    return made[0] if channels == 3 else np.stack(made, axis=-1)


def _deep_resampled(
    picture: Image,
    size: tuple[int, int],
    how: PillowImage.Resampling,
    box: tuple[float, float, float, float] | None,
) -> Image:
    """Resample 16-bit values as float32, which holds them exactly, and round the result to whole values."""
    planes = [picture[..., channel].astype(np.float32) for channel in range(picture.shape[2])]
    made = np.stack([np.asarray(PillowImage.fromarray(plane).resize(size, how, box)) for plane in planes], axis=-1)
    return np.clip(np.rint(made), 0, 65535).astype(np.uint16)
