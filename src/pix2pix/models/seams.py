"""A number for how much the borders of tiles show in a picture."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.models.tiling import Grid


def seams(picture: NDArray[Any], grid: Grid) -> float:
    """Compare the steps across the borders of tiles with the steps beside them.

    A step is the mean absolute difference of two neighbouring rows or columns. The steps across all borders of tiles
    are divided by the steps just before and after each border. A border within two pixels of an edge is left out.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`, put together from tiles.
        grid: the places of the tiles.

    Returns:
        The ratio, 0 or more: 1 if no border shows, 2 if the steps across borders are twice as large as those beside
        them; 1 without borders and in a picture of one colour; infinity if there are steps across borders only.
    """
    steps = [
        _steps(lines, border)
        for lines, borders in ((picture.swapaxes(0, 1), grid.columns), (picture, grid.rows))
        for border in borders
        if 2 <= border <= len(lines) - 2
    ]
    across, beside = np.sum(steps, axis=0) if steps else (0.0, 0.0)
    if not beside:
        return float("inf") if across else 1.0
    return float(across / beside)


def _steps(lines: NDArray[Any], border: int) -> tuple[float, float]:
    """The sum of the absolute differences across a border, and the mean of those before and after it.

    Args:
        lines: `(lines, pixels, channels)`.
        border: the first line behind the border, at least 2 from the first line and from the last.
    """
    near = lines[border - 2 : border + 2].astype(np.int32)
    before, across, after = np.abs(np.diff(near, axis=0)).sum(axis=(1, 2))
    return float(across), float(before + after) / 2
