"""Convert label colours to class ids and back.

The label maps of the published façades were resampled and then JPEG-compressed, so hardly any pixel has exactly the
colour of a class. A pixel's class is therefore the nearest colour of the palette, and the edges of a class map are
noisy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pix2pix.params import Data

ClassMap = NDArray[np.uint8]
Image = NDArray[np.uint8]
# A pixel farther than this from every colour of the palette has the colour of no class: it lies on an edge that was
# resampled or compressed, or the picture is no label map. On the published façades it is 23% of the pixels.
FAR = 25


@dataclass(frozen=True)
class Palette:
    """Class names and their colours, in the order of the class ids.

    Attributes:
        names: one name for each class; the id of a class is its position.
        colours: uint8 `(classes, 3)`, RGB.
    """

    names: tuple[str, ...]
    colours: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.names)

    def classes(self, image: Image) -> ClassMap:
        """Return the class id of every pixel: the nearest colour of the palette (Euclidean in RGB; the first of a tie).

        Args:
            image: uint8 RGB `(..., 3)`.

        Returns:
            uint8, the shape of `image` without its last axis.
        """
        red, green, blue = np.ascontiguousarray(image.reshape(-1, 3).T, np.float32)
        classes = np.zeros(red.shape, np.uint8)
        nearest = np.full(red.shape, np.inf, np.float32)
        for number, (r, g, b) in enumerate(self.colours.astype(np.float32)):
            # |c|² - 2 c·p is the squared distance without |p|², which is equal for all classes. All values are whole
            # numbers below 2²⁴, so float32 is exact.
            distance = -2 * r * red
            distance += -2 * g * green
            distance += -2 * b * blue
            distance += r * r + g * g + b * b
            np.copyto(classes, np.uint8(number), where=distance < nearest)
            np.minimum(nearest, distance, out=nearest)
        return classes.reshape(image.shape[:-1])

    def far(self, image: Image, classes: ClassMap, distance: float = FAR) -> float:
        """Return the share of pixels that are farther than `distance` from their class's colour, 0 … 1.

        Args:
            image: uint8 RGB `(..., 3)`.
            classes: its classes, the nearest colours.
            distance: Euclidean in RGB.
        """
        off = image - self.paint(classes).astype(np.int32)
        return float(np.mean((off * off).sum(axis=-1) > distance**2))

    def paint(self, classes: ClassMap) -> Image:
        """Paint a class map in the colours of its classes: uint8 ids `(...)` to uint8 RGB `(..., 3)`."""
        return self.colours[classes]

    def shares(self, classes: ClassMap) -> NDArray[np.float64]:
        """Return the share of every class among the pixels of a class map: float64 `(classes,)`, with a sum of 1."""
        counts = np.bincount(classes.ravel(), minlength=len(self))
        return counts / counts.sum()


def palette(classes: dict[str, tuple[int, int, int]]) -> Palette:
    """Make a palette from `{name: (red, green, blue)}`, values 0 to 255, in the order of the mapping."""
    return Palette(tuple(classes), np.array(list(classes.values()), np.uint8))


# The most frequent colour of each class over the 500 published train and val label halves.
CMP = palette(
    {
        "background": (0, 0, 222),
        "facade": (0, 48, 255),
        "window": (0, 128, 255),
        "door": (1, 207, 255),
        "cornice": (32, 255, 224),
        "sill": (112, 254, 142),
        "balcony": (192, 255, 63),
        "blind": (255, 240, 1),
        "deco": (255, 159, 0),
        "molding": (255, 80, 0),
        "pillar": (254, 0, 0),
        "shop": (174, 0, 1),
    }
)


def classes_of(data: Data) -> Palette | None:
    """Return the palette that `data.palette` names; None for `none`."""
    if isinstance(data.palette, dict):
        return palette({name: (red, green, blue) for name, (red, green, blue) in data.palette.items()})
    return CMP if data.palette == "cmp" else None
