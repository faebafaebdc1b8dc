"""How alike the colours of two sets of pictures are, wherever they stand: histogram intersection in Lab.

The paper studies colourfulness in this way (Isola et al. 2017, section 4.2, figure 7): it takes the marginal
distributions of L, a and b over all pixels of a split, and measures the area that the generated and the real one share.
Bins are one unit wide, around whole numbers, so that all greys are in the same bins.
"""

import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2lab

# The keys of the measures.
CHANNELS = ("lab_l", "lab_a", "lab_b")
# The bins begin at -128, because a and b are negative, too. L uses only the bins from 0 to 100.
BINS = 256


def histograms(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Count the pixels of a uint8 sRGB picture by L, by a and by b (CIELAB, D65): int64 `(3, BINS)`."""
    places = np.rint(rgb2lab(picture)).astype(np.int64) + BINS // 2
    return np.stack([np.bincount(places[..., channel].ravel(), minlength=BINS) for channel in range(3)])


def intersections(real_and_generated: NDArray[np.number]) -> dict[str, float]:
    """Return the area, in [0, 1], that two distributions share, for each of L, a and b.

    Args:
        real_and_generated: `(2, 3, BINS)`, the histograms of a real and of a generated picture, or their sums over a
            split. The sums score at least as much as single pictures on average, because an excess in one picture
            may make up for a lack in another.
    """
    shares = real_and_generated / real_and_generated.sum(axis=-1, keepdims=True)
    return dict(zip(CHANNELS, np.minimum(*shares).sum(axis=-1).tolist(), strict=True))
