"""Convert label colours to class ids and back.

The label maps of the published façades were resampled and then JPEG-compressed, so hardly any pixel has exactly the
colour of a class. A pixel's class is therefore the nearest colour of the palette, and the edges of a class map are
noisy.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.params import Data
from pix2pix.params import palette as palettes

ClassMap = NDArray[np.uint8]
Image = NDArray[np.uint8]
# A pixel farther than this from every colour of the palette has the colour of no class: it lies on an edge that was
# resampled or compressed, or the picture is no label map. On the published façades it is 23% of the pixels.
FAR = 25
# Of a label map no more of the pixels are far.
WORST_FAR = 0.8
# The class id of a pixel that has no class; see `data.ignore`.
NO_CLASS = 255


@dataclass(frozen=True)
class Palette:
    """Class names and their colours, in the order of the class ids.

    Attributes:
        names: one name for each class; the id of a class is its position.
        colours: uint8 `(classes, 3)`, RGB.
        no_class: the colour of pixels that have no class, RGB; None if every pixel has one.
    """

    names: tuple[str, ...]
    colours: NDArray[np.uint8]
    no_class: tuple[int, int, int] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def classes(self, image: Image) -> ClassMap:
        """Return the class id of every pixel: the nearest colour of the palette (Euclidean in RGB; the first of a tie).

        Args:
            image: uint8 RGB `(..., 3)`.

        Returns:
            uint8, the shape of `image` without its last axis; `NO_CLASS` where `no_class` is nearest.
        """
        red, green, blue = np.ascontiguousarray(image.reshape(-1, 3).T, np.float32)
        classes = np.zeros(red.shape, np.uint8)
        nearest = np.full(red.shape, np.inf, np.float32)
        for number, (r, g, b) in self._numbered():
            # |c|² - 2 c·p is the squared distance without |p|², which is equal for all classes. All values are whole
            # numbers below 2²⁴, so float32 is exact.
            distance = -2 * r * red
            distance += -2 * g * green
            distance += -2 * b * blue
            distance += r * r + g * g + b * b
            np.copyto(classes, np.uint8(number), where=distance < nearest)
            np.minimum(nearest, distance, out=nearest)
        return classes.reshape(image.shape[:-1])

    def _numbered(self) -> list[tuple[int, NDArray[np.float32]]]:
        """Each class id with its colour, and `NO_CLASS` with the colour of pixels without a class."""
        numbered = list(enumerate(self.colours.astype(np.float32)))
        return numbered if self.no_class is None else [*numbered, (NO_CLASS, np.array(self.no_class, np.float32))]

    def far(self, image: Image, classes: ClassMap, distance: float = FAR) -> float:
        """Return the share of pixels that are farther than `distance` from their class's colour, 0 … 1.

        Args:
            image: uint8 RGB `(..., 3)`.
            classes: its classes, the nearest colours.
            distance: Euclidean in RGB.
        """
        off = image - self.paint(classes).astype(np.int32)
        return float(np.mean((off * off).sum(axis=-1) > distance**2))

    def astray(self, image: Image, classes: ClassMap) -> float:
        """Return the share of pixels of a grey picture that have the exact colour of no class, 0 … 1.

        It is 0 for other pictures, and for a palette of greys. Class ids where colours belong are such a picture: they
        are dark, so many are near to the colour of some class.

        Args:
            image: uint8 RGB `(..., 3)`.
            classes: its classes, the nearest colours.
        """
        return self.far(image, classes, 0) if _is_grey(image) and not _is_grey(self.colours) else 0.0

    def paint(self, classes: ClassMap) -> Image:
        """Paint a class map in the colours of its classes: uint8 ids `(...)` to uint8 RGB `(..., 3)`."""
        table = np.zeros((NO_CLASS + 1, 3), np.uint8)
        table[: len(self)] = self.colours
        table[NO_CLASS] = self.no_class or 0
        return table[classes]

    def shares(self, classes: ClassMap) -> NDArray[np.float64]:
        """Return the share of every class among the pixels that have one: float64 `(classes,)`.

        The sum is 1, or 0 if no pixel has a class.
        """
        counts = np.bincount(classes.ravel(), minlength=NO_CLASS + 1)[: len(self)]
        return counts / max(counts.sum(), 1)


def _is_grey(colours: NDArray[np.uint8]) -> bool:
    return bool((colours == colours[..., :1]).all())


def palette(classes: dict[str, palettes.Colour], no_class: palettes.Colour | None = None) -> Palette:
    """Make a palette from `{name: (red, green, blue)}`, values 0 to 255, in the order of the mapping."""
    return Palette(tuple(classes), np.array(list(classes.values()), np.uint8), no_class)


CMP = palette(palettes.CMP)


def classes_of(data: Data) -> Palette | None:
    """Return the palette of a section `data`; see `palette_of`."""
    return palette_of(data.palette, data.ignore)


def palette_of(said: Any, ignore: Any) -> Palette | None:
    """Return the palette that values of `data.palette` and `data.ignore` describe; None for `none`."""
    if not isinstance(said, dict):
        return CMP if said == "cmp" else None
    without = palettes.ignored(said, ignore)
    colours = {name: entry.colour for name, entry in palettes.entries(said).items()}
    return palette(colours, without.colour if without else None)


def colours_of_ids(said: Any, ignore: Any) -> dict[int, palettes.Colour] | None:
    """Return the colour of each class id that label files may have; None if label files have colours.

    Args:
        said: the value of `data.palette`.
        ignore: the value of `data.ignore`.
    """
    if not palettes.has_ids(said):
        return None
    table = {entry.id: entry.colour for entry in palettes.entries(said).values() if entry.id is not None}
    without = palettes.ignored(said, ignore)
    return table | dict.fromkeys(without.ids, without.colour) if without else table
