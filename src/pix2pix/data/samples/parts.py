"""The parts of a house: rectangles with classes, and the choices that its parts have in common.

The classes have the meaning of the published label maps: a *molding* is a band across the façade, a *cornice* the hood
above a window, a *sill* the ledge or panel below it, and a *blind* a roller or a shutter.
"""

from dataclasses import dataclass
from typing import NamedTuple

SIZE = 256
SMALLEST = 2  # The smallest side of a piece, in pixels; smaller ones are left out.


class Box(NamedTuple):
    """A rectangle in picture pixels; it may reach beyond the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def about(cls, axis: float, half: float, top: float, bottom: float) -> "Box":
        """Return the box that reaches `half` pixels to either side of a vertical axis."""
        return cls(axis - half, top, axis + half, bottom)

    @property
    def width(self) -> float:
        """The distance from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """The distance from top to bottom."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """The place of its vertical axis."""
        return (self.left + self.right) / 2

    def part(self, left: float = 0, top: float = 0, right: float = 1, bottom: float = 1) -> "Box":
        """Return the piece between these fractions of the width and the height."""
        x, y, width, height = self.left, self.top, self.width, self.height
        return Box(x + left * width, y + top * height, x + right * width, y + bottom * height)

    def grown(self, across: float, down: float) -> "Box":
        """Return a box that is larger: by `across` to the left and right, by `down` above and below."""
        return Box(self.left - across, self.top - down, self.right + across, self.bottom + down)

    def moved(self, right: float, down: float) -> "Box":
        """Return the same rectangle at another place."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def above(self, height: float) -> "Box":
        """Return the box of this height that stands on this one, equally wide."""
        return Box(self.left, self.top - height, self.right, self.top)

    def below(self, height: float) -> "Box":
        """Return the box of this height that hangs under this one, equally wide."""
        return Box(self.left, self.bottom, self.right, self.bottom + height)

    def head(self, height: float) -> "Box":
        """Return the uppermost `height` pixels."""
        return Box(self.left, self.top, self.right, self.top + height)

    def foot(self, height: float) -> "Box":
        """Return the lowermost `height` pixels."""
        return Box(self.left, self.bottom - height, self.right, self.bottom)

    def rim(self, thickness: float) -> tuple["Box", "Box", "Box", "Box"]:
        """Return the four bars of a frame along the edges: top, bottom, left, right."""
        left, top, right, bottom = self
        return (
            self.head(thickness),
            self.foot(thickness),
            Box(left, top, left + thickness, bottom),
            Box(right - thickness, top, right, bottom),
        )

    def snapped(self) -> "Box":
        """Return the box rounded to whole pixels, and cut to the picture."""
        return Box(*(float(min(max(round(edge), 0), SIZE)) for edge in self))

    def slices(self, scale: int = 1) -> tuple[slice, slice]:
        """Return its rows and columns in an array that has `scale` pixels for each pixel of the picture."""
        left, top, right, bottom = (max(round(edge * scale), 0) for edge in self)
        return slice(top, bottom), slice(left, right)


class Part(NamedTuple):
    """One labelled piece of a house: its class, its place, and its variety ("arched", "sign", ...)."""

    kind: str
    box: Box
    form: str = ""


# The order of painting, in the label map and in the photo: pieces further from the street come first.
LAYERS = ("molding", "pillar", "window", "blind", "cornice", "sill", "door", "shop", "balcony", "deco")


@dataclass(frozen=True)
class House:
    """The plan of a house. Everything outside `wall` and `parts` is background: sky, roof, neighbours, street.

    Attributes:
        wall: the whole façade, with its ground floor.
        ground_floor: the storey at the street.
        roof: the box above the wall; its height is 0 for a flat roof.
        neighbours: the walls of the houses next door, none to two.
        parts: the pieces with a class, in the order of `LAYERS`, on whole pixels inside the picture.
    """

    wall: Box
    ground_floor: Box
    roof: Box
    neighbours: tuple[Box, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Design:
    """The choices that are the same for the whole house.

    Attributes:
        upper_storeys: the storeys above the ground floor, from the top down, at least one.
        bays: the columns of windows, from left to right, at least two.
        ornate: how rich the house is, 0 to 1.
        window_width: the width of an opening, as a fraction of its bay's width.
        lights: the number of windows in one opening, with piers between them.
        hood: the hoods above the windows of the noble storey: "flat", "pediment" or "none".
    """

    upper_storeys: list[Box]
    ground_floor: Box
    bays: list[Box]
    ornate: float
    window_width: float
    lights: int
    shutters: bool
    hood: str
    sill_height: float


@dataclass(frozen=True)
class Row:
    """The choices that are the same for the windows of one storey.

    Attributes:
        blinds: the probability that a window has a roller.
        balconies: the bays with a balcony: "none", "axis", "wings" or "all".
        carved: whether there are carvings between the windows.
        head: the distance from the storey's top to the openings, as a fraction of the storey's height.
    """

    storey: Box
    hood: str
    form: str
    blinds: float
    balconies: str
    carved: bool
    head: float

    def has_balcony(self, bay: int, bays: int) -> bool:
        """Whether bay number `bay` of `bays` bays has a balcony."""
        if self.balconies == "axis":
            return abs(bay - (bays - 1) / 2) < 1
        if self.balconies == "wings":
            return bay in (0, bays - 1)
        return self.balconies == "all"
