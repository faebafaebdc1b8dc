"""How pictures of any channels and bits are shown: one mapping to 8-bit RGB, for pages, grids and previews."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def shown(picture: NDArray[Any]) -> NDArray[np.uint8]:
    """Map a picture to 8-bit RGB. 8-bit RGB stays as it is.

    16 bits are divided by 257 and rounded. Grey becomes three equal channels. RGBA is laid over white. Of two bands the
    first is shown as grey, of five and more the first three as red, green and blue.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`.

    Returns:
        uint8 `(height, width, 3)`.
    """
    shallow = picture if picture.dtype == np.uint8 else np.rint(picture / 257).astype(np.uint8)
    if shallow.shape[2] == 4:
        return _over_white(shallow)
    return shallow[..., :1].repeat(3, axis=2) if shallow.shape[2] < 3 else shallow[..., :3]


def _over_white(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    colours, alpha = picture[..., :3].astype(np.int32), picture[..., 3:].astype(np.int32)
    return ((colours * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def mapping(channels: int, bits: int) -> str | None:
    """Say in words how pictures of these channels and bits are shown; None for 8-bit RGB, which is shown as it is."""
    if (channels, bits) == (3, 8):
        return None
    ways = {1: "grey", 2: "grey, which is the first of 2 bands", 3: "RGB", 4: "RGBA over white"}
    colours = ways.get(channels, f"RGB, which are the first three of {channels} bands")
    return f"{colours}, its 16 bits divided by 257" if bits == 16 else colours
