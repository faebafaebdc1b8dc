"""Label colours <-> class ids.

The label halves of the published façades were resampled and then JPEG-compressed, so hardly any pixel has
exactly a class colour: a class map is "the nearest palette colour", and its edges are noisy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pix2pix.params import Data

ClassMap = NDArray[np.uint8]
Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Palette:
    """Class names and their colours, in the order of the class ids.

    Attributes:
        names: one name a class; a class's id is its position.
        colours: uint8 `(classes, 3)`, RGB.
    """

    names: tuple[str, ...]
    colours: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.names)

    def classes(self, image: Image) -> ClassMap:
        """The class id of every pixel: its nearest palette colour (Euclidean in RGB; the first one of a tie).

        Args:
            image: uint8 RGB `(..., 3)`.

        Returns:
            uint8, the shape of `image` without its last axis.
        """
        red, green, blue = np.ascontiguousarray(image.reshape(-1, 3).T, np.float32)
        classes = np.zeros(red.shape, np.uint8)
        nearest = np.full(red.shape, np.inf, np.float32)
        for number, (r, g, b) in enumerate(self.colours.astype(np.float32)):
            # |c|² - 2 c·p, the squared distance less what all classes share: whole numbers below 2²⁴, exact in float32.
            distance = -2 * r * red
            distance += -2 * g * green
            distance += -2 * b * blue
            distance += r * r + g * g + b * b
            np.copyto(classes, np.uint8(number), where=distance < nearest)
            np.minimum(nearest, distance, out=nearest)
        return classes.reshape(image.shape[:-1])

    def paint(self, classes: ClassMap) -> Image:
        """The picture of a class map: uint8 ids `(...)` to uint8 RGB `(..., 3)`."""
        return self.colours[classes]

    def shares(self, classes: ClassMap) -> NDArray[np.float64]:
        """The share of every class among the pixels: float64 `(classes,)`, summing to 1."""
        counts = np.bincount(classes.ravel(), minlength=len(self))
        return counts / counts.sum()


def palette(classes: dict[str, tuple[int, int, int]]) -> Palette:
    """A palette from `{name: (red, green, blue)}`, in the mapping's order."""
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
    """The palette that `data.palette` means; None for `none`."""
    if isinstance(data.palette, dict):
        return palette({name: (red, green, blue) for name, (red, green, blue) in data.palette.items()})
    return CMP if data.palette == "cmp" else None
