"""How colourful a picture is, by itself."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.shown import shown


def colourfulness(picture: NDArray[Any]) -> float:
    """Return the metric M3 of Hasler & Süsstrunk 2003, "Measuring colourfulness in natural images".

    It is √(σ_rg² + σ_yb²) + 0.3 √(μ_rg² + μ_yb²), with the standard deviations σ and the means μ, over all pixels, of
    the opponent colours rg = R - G and yb = (R + G) / 2 - B. Grey has 0. In the authors' experiment people called
    pictures of 15 slightly, of 33 moderately, of 45 averagely, of 59 quite, of 82 highly, of 109 extremely colourful.

    Args:
        picture: uint8 or uint16 `(height, width, channels)`; 16 bits are brought to 8 as they are shown.
    """
    red, green, blue = np.moveaxis(shown(picture).astype(np.float64), -1, 0)
    rg, yb = red - green, (red + green) / 2 - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))
