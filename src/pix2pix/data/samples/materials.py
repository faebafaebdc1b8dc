"""Colours, textures, and the canvas with its sun, from which a photo of a façade is painted.

Colours are float32 `(3,)`, RGB, 0 to 1. Light is a factor of a colour; light 1 leaves the colour as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image as Pillow

from pix2pix.data.samples.parts import SIZE, Box

FINE = 2  # Rendering pixels per picture pixel, each way, because bars and joints are thinner than a picture pixel.
PICTURE = Box(0, 0, SIZE, SIZE)

Floats = NDArray[np.float32]
Swatches = tuple[tuple[float, float, float], ...]


# --- Colours ----------------------------------------------------------------------------------------------


def colour(red: float, green: float, blue: float) -> Floats:
    """Return a colour that is the same in every picture."""
    return np.array((red, green, blue), np.float32)


PLASTERS = (
    (0.86, 0.77, 0.55),  # ochre
    (0.90, 0.86, 0.74),  # cream
    (0.83, 0.64, 0.55),  # rose
    (0.68, 0.74, 0.64),  # sage
    (0.70, 0.74, 0.78),  # dove
    (0.78, 0.75, 0.70),  # grey
    (0.74, 0.48, 0.36),  # terracotta
    (0.88, 0.88, 0.86),  # white
)
_BRICKS = ((0.60, 0.31, 0.24), (0.68, 0.42, 0.30), (0.72, 0.60, 0.42))
_STONES = ((0.76, 0.71, 0.61), (0.66, 0.65, 0.62), (0.80, 0.74, 0.66))
_WALLS = {"plaster": PLASTERS, "brick": _BRICKS, "stone": _STONES}
_TRIMS = ((0.90, 0.87, 0.80),)
ROOFS = ((0.55, 0.30, 0.22), (0.36, 0.36, 0.38), (0.42, 0.33, 0.28), (0.40, 0.50, 0.46))
_JOINERY = ((0.92, 0.91, 0.87), (0.92, 0.91, 0.87), (0.36, 0.24, 0.16), (0.25, 0.33, 0.30))  # Mostly white.
_BLINDS = ((0.80, 0.78, 0.72), (0.66, 0.55, 0.40), (0.30, 0.42, 0.36), (0.56, 0.32, 0.24))
_DOORS = ((0.36, 0.22, 0.13), (0.22, 0.30, 0.24), (0.40, 0.16, 0.13), (0.24, 0.26, 0.32))
_CLOTHS = ((0.62, 0.15, 0.14), (0.14, 0.33, 0.25), (0.18, 0.25, 0.42), (0.80, 0.66, 0.30))

_CLEAR_SKY = colour(0.42, 0.60, 0.86)
_OVERCAST = np.float32(0.80)
GLASS = colour(0.13, 0.16, 0.19)
LACE = colour(0.82, 0.81, 0.76)
IRON = colour(0.10, 0.11, 0.11)
LAMPLIGHT = colour(0.95, 0.74, 0.42)
PAVEMENT = colour(0.55, 0.53, 0.50)
CHIMNEY = colour(0.52, 0.36, 0.30)
CHIMNEY_CAP = colour(0.6, 0.58, 0.54)


def tint(swatches: Swatches, rng: Generator) -> Floats:
    """Return one of the colours, a little different each time."""
    mixed = np.array(swatches[rng.integers(len(swatches))]) * rng.uniform(0.9, 1.06) + rng.normal(0, 0.02, 3)
    return np.clip(mixed, 0.02, 0.97).astype(np.float32)


@dataclass(frozen=True)
class Finish:
    """The materials and the weather of one picture.

    Attributes:
        material: the wall's material: "plaster", "brick" or "stone".
        base_material: the material of the ground floor's wall: the same, or "rusticated".
        sun: the pixels that a shadow falls to the right for each pixel down; positive if the sun is on the left.
        shadow: the share of the light that a shadow takes away.
        transom: the height of a window's crossbar, as a fraction of the window's height; 0 for none.
        petals: the number of petals of a rosette.
    """

    material: str
    wall: Floats
    trim: Floats
    base: Floats
    base_material: str
    joinery: Floats
    blind: Floats
    door: Floats
    cloth: Floats
    roof: Floats
    sky: Floats
    cloudiness: float
    sun: float
    shadow: float
    transom: float
    petals: int


def choose_finish(rng: Generator) -> Finish:
    """Choose materials that go together: lighter trim, and a base of stone or of a darker wall colour."""
    material = rng.choice(["plaster", "brick", "stone"], p=[0.62, 0.23, 0.15])
    wall = tint(_WALLS[material], rng)
    trim = wall + rng.uniform(0.8, 2.5) * tint(_TRIMS, rng)
    cloudiness = rng.random()
    return Finish(
        material=material,
        wall=wall,
        trim=np.clip(trim / trim.max() * rng.uniform(0.82, 0.93), 0, 1),
        base=wall * 0.86 if rng.random() < 0.5 else tint(_STONES, rng) * 0.88,
        base_material="rusticated" if rng.random() < 0.6 else material,
        joinery=tint(_JOINERY, rng),
        blind=tint(_BLINDS, rng),
        door=tint(_DOORS, rng),
        cloth=tint(_CLOTHS, rng),
        roof=tint(ROOFS, rng),
        sky=_CLEAR_SKY * (1 - cloudiness) + _OVERCAST * cloudiness,
        cloudiness=cloudiness,
        sun=rng.choice([-1, 1]) * rng.uniform(0.4, 1),
        shadow=rng.uniform(0.36, 0.6) * (1 - 0.45 * cloudiness),
        transom=rng.choice([0, 0.28, 0.33]),
        petals=int(rng.integers(4, 9)),
    )


# --- Textures ---------------------------------------------------------------------------------------------


class Masonry(NamedTuple):
    """Blocks in rows: their size in rendering pixels, how much they differ, and the light in the joints."""

    height: int
    length: int
    variety: float
    joint: float


_BRICKWORK = Masonry(5, 13, 0.09, 1.2)
_ASHLAR = Masonry(15, 34, 0.05, 0.82)
_RUSTICATION = Masonry(12, 1 << 16, 0.02, 0.66)  # Blocks longer than any wall, so that only the horizontal joints show.
TILES = Masonry(5, 7, 0.06, 0.8)
BONDS = {"brick": _BRICKWORK, "stone": _ASHLAR, "rusticated": _RUSTICATION}


def cloud(shape: tuple[int, int], cells: tuple[int, ...], rng: Generator) -> Floats:
    """Return float32 smooth noise with features of these sizes (in rendering pixels), standard deviation about 1."""
    total = np.zeros(shape, np.float32)
    for cell in cells:
        grid = rng.standard_normal((shape[0] // cell + 2, shape[1] // cell + 2), dtype=np.float32)
        total += np.asarray(Pillow.fromarray(grid).resize(shape[::-1], Pillow.Resampling.BICUBIC))
    return total / np.sqrt(len(cells))


def _courses(shape: tuple[int, int], masonry: Masonry, rng: Generator) -> Floats:
    """Return masonry as light, float32 `(*shape, 1)`: blocks in staggered rows, lit along the top, and joints."""
    height, length, variety, joint = masonry
    y, x = np.arange(shape[0])[:, None], np.arange(shape[1])[None]
    row = y // height
    along = x + (row % 2) * (length // 2)
    light = rng.normal(1, variety, (row.max() + 1, along.max() // length + 1))[row, along // length]
    light = np.where((y % height == 0) | (along % length == 0), joint, light)
    light = np.where(y % height == 1, light * 1.05, light)
    return light[..., None].astype(np.float32)


# --- The canvas -------------------------------------------------------------------------------------------


class Canvas:
    """The picture while it is painted, with `FINE` times as many rows and columns.

    Attributes:
        finish: materials and weather.
        rng: the source of everything irregular.
        rgb: float32 `(512, 512, 3)`, 0 to about 1.
    """

    def __init__(self, finish: Finish, rng: Generator) -> None:
        self.finish = finish
        self.rng = rng
        self.rgb = np.ones((SIZE * FINE, SIZE * FINE, 3), np.float32)

    def at(self, box: Box) -> Floats:
        """Return the pixels of a box, to be changed in place: `(height, width, 3)`."""
        return self.rgb[box.slices(FINE)]

    def shape(self, box: Box) -> tuple[int, int]:
        """Return the height and the width of a box in rendering pixels."""
        rows, columns, _ = self.at(box).shape
        return rows, columns

    def down(self, box: Box, top: float, bottom: float) -> Floats:
        """Return values that change evenly from the top of a box to its bottom: `(height, 1, 1)`."""
        return np.linspace(top, bottom, self.shape(box)[0], dtype=np.float32)[:, None, None]

    def across(self, box: Box, left: float, right: float) -> Floats:
        """Return values that change evenly from the left of a box to its right: `(1, width, 1)`."""
        return np.linspace(left, right, self.shape(box)[1], dtype=np.float32)[None, :, None]

    def fill(self, box: Box, colour: Floats, opacity: float = 1) -> None:
        """Paint a box in one colour."""
        pixels = self.at(box)
        pixels += opacity * (colour - pixels)

    def frame(self, box: Box, colour: Floats, thickness: float) -> None:
        """Paint the edges of a box."""
        for bar in box.rim(thickness):
            self.fill(bar, colour)

    def shade(self, box: Box, light: float | Floats) -> None:
        """Multiply a box by a light: one number, or an array that is broadcast over the box."""
        self.at(box)[...] *= light

    def mottle(self, box: Box, strength: float, cells: tuple[int, ...]) -> None:
        """Make a box uneven, with blotches of these sizes (in rendering pixels)."""
        self.shade(box, 1 + strength * cloud(self.shape(box), cells, self.rng)[..., None])

    def lay(self, box: Box, masonry: Masonry) -> None:
        """Give a box the blocks and joints of masonry."""
        self.shade(box, _courses(self.shape(box), masonry, self.rng))

    def bevel(self, box: Box, thickness: float = 0.5, raised: bool = True) -> None:
        """Make a box look raised: edges that face the sun get lighter, the others darker. A recess is the opposite."""
        lit, dark = (1.12, 0.72) if raised else (0.72, 1.1)
        sides = (lit, dark) if self.finish.sun > 0 else (dark, lit)
        for edge, light in zip(box.rim(thickness), (lit, dark, *sides), strict=True):
            self.shade(edge, light)

    def block(self, box: Box, colour: Floats, edge: float = 0.5) -> None:
        """Paint a raised piece of one colour."""
        self.fill(box, colour)
        self.bevel(box, edge)

    def cast(self, box: Box, depth: float) -> None:
        """Paint the shadow, with a soft rim, of a piece that stands `depth` pixels in front of the wall."""
        half = 1 - self.finish.shadow / 2
        for reach in (depth, 0.65 * depth):
            shadow = box.moved(self.finish.sun * reach, reach)
            # Even the shadow of a thin ledge far from the wall starts at the ledge.
            self.shade(shadow._replace(top=min(shadow.top, box.bottom)), half)

    def recess(self, box: Box, lintel: Box, under_lintel: float, beside_jamb: float) -> None:
        """Paint the shadows in an opening: that of the lintel, and that of the jamb on the sun's side."""
        self.shade(lintel, under_lintel)
        self.shade(box.part(right=0.12) if self.finish.sun > 0 else box.part(left=0.88), beside_jamb)

    def streak(self, box: Box, length: float) -> None:
        """Paint rain stains that run down the wall below a ledge."""
        wall = box.below(length)
        rows, columns = self.shape(wall)
        runs = np.clip(self.rng.normal(0.02, 0.09, (1, columns, 1)), 0, 0.3)
        fade = np.linspace(1, 0, rows)[:, None, None]
        self.shade(wall, (1 - runs * fade).astype(np.float32))

    @contextmanager
    def within(self, box: Box, form: str) -> Iterator[None]:
        """Within the block, painting leaves the wall above an arch or a pediment as it is."""
        pixels = self.at(box)
        wall, spandrels = pixels.copy(), _above_outline(self.shape(box), form)
        yield
        pixels[spandrels] = wall[spandrels]


def _above_outline(shape: tuple[int, int], form: str) -> NDArray[np.bool_]:
    """Return where the corners of a box stay free, bool `shape`: above an arch, above a pediment, or nowhere."""
    rows, columns = shape
    across = np.abs(np.linspace(-1, 1, columns))[None]
    outline = {
        "arched": min(columns / 2, rows / 3) * (1 - np.sqrt(1 - across**2)),
        "pediment": 0.72 * rows * across,
    }.get(form, 0 * across)
    return np.arange(rows)[:, None] < outline
