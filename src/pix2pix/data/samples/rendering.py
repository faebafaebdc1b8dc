"""Render the photo of a plan: the pieces of the label map, built of materials and taken by a camera."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from pix2pix.data.labels import Image
from pix2pix.data.samples.materials import (
    BONDS,
    CHIMNEY,
    CHIMNEY_CAP,
    FINE,
    PAVEMENT,
    PICTURE,
    PLASTERS,
    ROOFS,
    TILES,
    Canvas,
    Floats,
    choose_finish,
    cloud,
    tint,
)
from pix2pix.data.samples.openings import paint_balcony, paint_blind, paint_door, paint_shop, paint_window
from pix2pix.data.samples.parts import SIZE, Box, House


def render_photo(house: House, rng: Generator) -> Image:
    """Render the photo of a plan: uint8 RGB `(256, 256, 3)`. It depends only on the plan and the state of `rng`."""
    finish = choose_finish(rng)
    canvas = Canvas(finish, rng)
    _paint_sky(canvas)
    for neighbour in house.neighbours:
        _paint_neighbour(canvas, neighbour)
    _paint_roof(canvas, house.roof, finish.roof)
    _paint_wall(canvas, house.wall, finish.wall, finish.material)
    _paint_wall(canvas, house.ground_floor, finish.base, finish.base_material)
    _paint_street(canvas, house.wall.bottom)
    for part in house.parts:
        _PAINTERS[part.kind](canvas, part.box, part.form)
    return _develop(canvas)


# --- Around the façade ------------------------------------------------------------------------------------


def _paint_sky(canvas: Canvas) -> None:
    """Paint the sky: deep blue above, haze below, and clouds."""
    finish, side = canvas.finish, SIZE * FINE
    haze = canvas.down(PICTURE, 0, 0.75) ** 0.7
    canvas.rgb[...] = finish.sky + haze * (0.88 - finish.sky)
    # Clouds are wider than high: noise of half the width, stretched.
    cover = cloud((side, side // 2), (96, 40, 16, 6), canvas.rng).repeat(2, axis=1)[..., None]
    canvas.rgb += np.clip(0.8 * cover + 2 * finish.cloudiness - 1, 0, 1) * 0.8 * (0.93 - canvas.rgb)


def _paint_street(canvas: Canvas, top: float) -> None:
    """Paint pavement, kerb and carriageway."""
    street = Box(0, top, SIZE, SIZE)
    canvas.fill(street, PAVEMENT)
    canvas.shade(street.part(top=0.4, bottom=0.5), 0.75)
    canvas.shade(street.part(top=0.5), 0.62)
    canvas.mottle(street, 0.05, (40, 8, 3))


def _paint_wall(canvas: Canvas, wall: Box, colour: Floats, material: str) -> None:
    """Paint a wall of brick, dressed or rusticated stone, or plaster, uneven at every scale."""
    canvas.fill(wall, colour)
    if material in BONDS:
        canvas.lay(wall, BONDS[material])
    canvas.mottle(wall, 0.035, (160, 60, 20, 6, 2))


def _paint_roof(canvas: Canvas, roof: Box, colour: Floats) -> None:
    """Paint rows of tiles and a chimney."""
    if roof.height < 1 or roof.bottom < 1:
        return
    stack = roof.left + canvas.rng.uniform(0.1, 0.85) * roof.width
    chimney = Box(stack, roof.top - 9, stack + 8, roof.top + 6)
    canvas.fill(chimney, CHIMNEY)
    canvas.shade(chimney.part(left=0.5), 0.75)
    canvas.fill(chimney.part(bottom=0.15).grown(1, 0), CHIMNEY_CAP)
    canvas.fill(roof, colour)
    canvas.lay(roof, TILES)
    canvas.shade(roof, canvas.down(roof, 1.12, 0.9))


def _paint_neighbour(canvas: Canvas, wall: Box) -> None:
    """Paint the wall of the house next door, with its own roof and plaster, and further back."""
    colour = tint(PLASTERS, canvas.rng) * 0.82
    _paint_roof(canvas, wall.above(14), tint(ROOFS, canvas.rng))
    _paint_wall(canvas, wall, colour, "plaster")
    eaves = wall.head(4)
    canvas.fill(eaves, colour * 1.1)
    canvas.cast(eaves, 2)


# --- Stonework --------------------------------------------------------------------------------------------

# The light along the profile of a molding: fillets and hollows, from its top (0) to its bottom (1).
_PROFILE_DEPTHS = (0, 0.14, 0.16, 0.42, 0.45, 0.8, 0.86, 1)
_PROFILE_LIGHT = (1.1, 1.08, 0.8, 0.98, 1.03, 0.95, 0.74, 0.68)


def _paint_molding(canvas: Canvas, box: Box, form: str) -> None:
    """Paint a band with a profile, lit from above. The one under the roof may have a row of dentils."""
    depth = min(2 + 0.35 * box.height, 6)
    canvas.streak(box, 4 * depth)
    canvas.cast(box.grown(-depth, 0), depth)  # Narrower than the band, so that no shadow falls on the sky beside it.
    canvas.fill(box, canvas.finish.trim)
    rows = np.linspace(0, 1, canvas.shape(box)[0])
    canvas.shade(box, np.interp(rows, _PROFILE_DEPTHS, _PROFILE_LIGHT).astype(np.float32)[:, None, None])
    if form == "dentils":
        row = canvas.at(box.part(top=0.5, bottom=0.8))
        gaps = np.arange(row.shape[1]) % 12 < 5
        row[:, gaps] *= 0.62


def _paint_pillar(canvas: Canvas, box: Box, _form: str) -> None:
    """Paint a rounded shaft between a capital and a base."""
    canvas.cast(box, 1.6)
    canvas.fill(box, canvas.finish.trim)
    from_sun = canvas.across(box, -1, 1) * np.sign(canvas.finish.sun)
    canvas.shade(box, 1 - 0.16 * from_sun.clip(-0.4))
    for end in (box.head(5), box.foot(6)):
        canvas.bevel(end, 1)


def _paint_ledge(canvas: Canvas, ledge: Box, light: float) -> None:
    """Paint a thin slab of trim that throws a shadow."""
    canvas.cast(ledge, 1.5)
    canvas.block(ledge, canvas.finish.trim * light, 0.7)


def _paint_cornice(canvas: Canvas, box: Box, form: str) -> None:
    """Paint the hood of a window: a ledge on a frieze, or a pediment with a shaded field."""
    if form == "pediment":
        with canvas.within(box, form):
            canvas.fill(box, canvas.finish.trim)
            field = box.part(0.14, 0.42, 0.86, 0.8)
            with canvas.within(field, form):
                canvas.shade(field, 0.74)
            canvas.bevel(box.part(top=0.8), 0.7)
    else:
        ledge = box.part(bottom=0.45)
        canvas.cast(ledge, 3)
        canvas.fill(box, canvas.finish.trim)
        canvas.shade(box.part(top=0.45), 0.86)
        _paint_ledge(canvas, ledge, 1.04)
    canvas.cast(box.foot(1), 2)


def _paint_sill(canvas: Canvas, box: Box, _form: str) -> None:
    """Paint a ledge. A tall sill has a sunk panel below it."""
    ledge = box.head(min(2.5, box.height))
    canvas.streak(box, 10)
    canvas.cast(box, 1.5)
    canvas.fill(box, canvas.finish.trim * 0.95)
    if box.height > 4:
        panel = Box(box.left + 2, ledge.bottom + 1, box.right - 2, box.bottom - 0.5)
        canvas.bevel(panel, raised=False)
    _paint_ledge(canvas, ledge, 1.05)


def _paint_deco(canvas: Canvas, box: Box, _form: str) -> None:
    """Paint a carved panel in a frame."""
    canvas.cast(box, 1.2)
    canvas.fill(box, canvas.finish.trim)
    canvas.shade(box, _carve(canvas, canvas.shape(box)))
    canvas.frame(box, canvas.finish.trim, 1)
    canvas.bevel(box)


def _carve(canvas: Canvas, shape: tuple[int, int]) -> Floats:
    """Return the light on a carved rosette among symmetrical scrolls: float32 `(*shape, 1)`."""
    rows, columns = shape
    down, across = np.meshgrid(np.linspace(-1, 1, rows), np.linspace(-1, 1, columns), indexing="ij")
    radius, angle = np.hypot(down, across), np.arctan2(across, down)
    rosette = np.sin(5 * radius) * (1 + 0.6 * np.cos(canvas.finish.petals * angle))
    scrolls = cloud(shape, (8, 4), canvas.rng)
    relief = np.where(radius < 0.95, 2.2 * rosette, 0.8 * (scrolls + scrolls[:, ::-1]))
    slope = np.gradient(relief, axis=0) + np.sign(canvas.finish.sun) * np.gradient(relief, axis=1)
    return np.clip(0.92 + 0.3 * slope, 0.5, 1.15)[..., None].astype(np.float32)


_PAINTERS: dict[str, Callable[[Canvas, Box, str], None]] = {
    "molding": _paint_molding,
    "pillar": _paint_pillar,
    "window": paint_window,
    "blind": paint_blind,
    "cornice": _paint_cornice,
    "sill": _paint_sill,
    "door": paint_door,
    "shop": paint_shop,
    "balcony": paint_balcony,
    "deco": _paint_deco,
}


# --- The camera -------------------------------------------------------------------------------------------


def _develop(canvas: Canvas) -> Image:
    """Take the photo of a canvas: uint8 RGB `(256, 256, 3)`."""
    pixels = expose(canvas).reshape(SIZE, FINE, SIZE, FINE, 3).mean(axis=(1, 3))
    _soften(pixels, canvas.rng.uniform(0.1, 0.35))
    pixels += canvas.rng.normal(0, canvas.rng.uniform(0.006, 0.014), pixels.shape)  # The sensor's noise.
    return (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)


def expose(canvas: Canvas) -> Floats:
    """Return the canvas in uneven light, with a vignette, an exposure and a white balance."""
    rng = canvas.rng
    down, across = canvas.down(PICTURE, -1, 1), canvas.across(PICTURE, -1, 1)
    light = 1 + rng.uniform(-0.06, 0.06) * across - 0.07 * down - 0.09 * (down**2 + across**2)
    return canvas.rgb * light * rng.uniform(0.9, 1.14) * rng.normal(1, 0.018, 3).astype(np.float32)


def _soften(pixels: Floats, blur: float) -> None:
    """Blur in place: replace the share `blur` of every pixel by the mean of its four neighbours."""
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), mode="edge")
    beside = (padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]) / 4
    pixels += blur * (beside - pixels)
