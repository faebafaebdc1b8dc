"""The checkerboard in a picture: what alternates from pixel to pixel, in step with the grid of the pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# The side in pixels of the windows whose amplitudes are averaged. All sides of pictures are multiples of it.
WINDOW = 16


def checkerboard(picture: NDArray[Any]) -> float:
    """Return the amplitude of a picture at the Nyquist frequencies: of each axis, and of both together.

    A network that doubles its maps by transposed convolutions may leave a pattern with a period of two pixels (Odena
    et al. 2016, "Deconvolution and checkerboard artifacts"). In each window of 16x16 pixels, the discrete Fourier
    transform has three coefficients of this period. The measure is the root of their energy, averaged over windows and
    channels (Welch 1967). Fine texture of real pictures has some, too, so their value is the one to reach.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`.

    Returns:
        Thousandths of the range of the values, from 0 to 500, which a checkerboard of black and white pixels has.
    """
    values = picture / np.iinfo(picture.dtype).max
    rows, columns = (side // WINDOW for side in picture.shape[:2])
    cut = values[: rows * WINDOW, : columns * WINDOW]
    windows = cut.reshape(rows, WINDOW, columns, WINDOW, -1).transpose(0, 2, 4, 1, 3)
    spectrum = np.fft.fft2(windows) / WINDOW**2
    half = WINDOW // 2
    energy = sum(np.abs(spectrum[..., row, column]) ** 2 for row, column in ((half, 0), (0, half), (half, half)))
    return float(1000 * np.sqrt(np.mean(energy)))
