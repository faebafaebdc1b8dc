"""The channels and the bits that are asked of a picture file, and the rules by which a picture gets its channels.

Grey from RGB is ITU-R BT.601's luma of the sRGB values, with Pillow's weights and rounding (mode L). RGB from grey is
three equal channels. A picture without alpha is opaque. Alpha is left out only where all pixels are opaque.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.errors import DataError, number_of
from pix2pix.params import Half

Samples = NDArray[Any]  # uint8 or uint16 `(height, width, channels)`
NAMES = {1: "grey", 3: "RGB", 4: "RGBA"}
MOST = 16
# Red, green and blue, in 65536ths.
_LUMA = (19595, 38470, 7471)


class Asked(NamedTuple):
    """What is asked of a picture file.

    Attributes:
        channels: 1 grey, 3 RGB, 4 RGBA; 2 and 5 to `MOST` are bands, which have no colours.
        bits: 8 or 16 for a value: the result is uint8 or uint16.
    """

    channels: int = 3
    bits: int = 8

    @property
    def is_plain(self) -> bool:
        """Whether this is 8-bit RGB."""
        return self == Asked()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values."""
        return np.dtype(np.uint8 if self.bits == 8 else np.uint16)

    @property
    def is_bands(self) -> bool:
        """Whether the channels are bands: only a file with exactly so many of them will do."""
        return self.channels not in NAMES

    def __str__(self) -> str:
        """Describe it: `grey of 16 bits`, `5 bands of 8 bits`."""
        return f"{NAMES.get(self.channels) or number_of(self.channels, 'band')} of {self.bits} bits"


def cut(samples: Samples, half: Half | None) -> Samples:
    """Return a half of a picture, or the whole for None."""
    middle = samples.shape[1] // 2
    return samples if half is None else samples[:, :middle] if half == "left" else samples[:, middle:]


def brought(samples: Samples, channels: int, half: Half | None = None) -> Samples:
    """Bring a picture, or a half of it, from 1, 3 or 4 channels to 1, 3 or 4 channels, by the rules of this module.

    Raises:
        DataError: alpha is to be left out, and a pixel of this half is not opaque.
    """
    part = cut(samples, half)
    top = np.iinfo(part.dtype).max
    if channels == 4:
        alpha = part[..., 3:] if part.shape[2] == 4 else np.full_like(part[..., :1], top)
        return np.concatenate([brought(part[..., :3], 3), alpha], axis=2)
    if part.shape[2] == 4:
        refuse_transparent(part[..., 3])
        part = part[..., :3]
    if part.shape[2] == channels:
        return part
    return part.repeat(3, axis=2) if channels == 3 else _luma(part)


def refuse_transparent(alpha: Samples) -> None:
    """Refuse an alpha channel that says anything.

    Raises:
        DataError: a pixel is not opaque.
    """
    if (alpha != np.iinfo(alpha.dtype).max).any():
        raise DataError("has transparent pixels; save it without transparency")


def _luma(picture: Samples) -> Samples:
    sums = picture.astype(np.int64) @ np.array(_LUMA)
    return ((sums + (1 << 15)) >> 16).astype(picture.dtype)[..., None]


def exact(samples: Samples, asked: Asked) -> tuple[Samples, str | None]:
    """Take bands as they are asked for, and return them with a note on what was changed.

    Bands of 16 bits where 8 are asked for lose their lower 8, as pictures do.

    Raises:
        DataError: there are more or fewer channels, or 8 bits where 16 are asked for.
    """
    if samples.shape[2] != asked.channels:
        there = number_of(samples.shape[2], "band")
        raise DataError(f"has {there}, and {asked} are asked for (data.input_channels, data.target_channels)")
    if samples.dtype == asked.dtype:
        return samples, None
    if asked.bits == 16:
        refuse_shallow()
    return (samples >> 8).astype(np.uint8), "16-bit bands"


def refuse_shallow() -> None:
    """Refuse a file of 8 bits where 16 are asked for: what its values are of the 16 bits is unknown.

    Raises:
        DataError: always.
    """
    raise DataError("has 8 bits, and 16 are asked for (data.input_bits, data.target_bits); save it with 16 bits")
