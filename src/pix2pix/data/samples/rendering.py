"""Render the photo of a plan: the pieces of the label map, built of materials and taken by a camera."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from pix2pix.data.labels import Image
from pix2pix.data.samples.house import SIZE, Box, House
from pix2pix.data.samples.materials import (
    BONDS,
    CHIMNEY,
    CHIMNEY_CAP,
    FINE,
    GLASS,
    IRON,
    LACE,
    LAMPLIGHT,
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


# --- Openings ---------------------------------------------------------------------------------------------


def _paint_window(canvas: Canvas, box: Box, form: str) -> None:
    """Paint panes in a frame that is set back in the wall."""
    finish = canvas.finish
    dormer = form == "dormer"
    canvas.block(box.grown(1.5, 1.5), finish.roof * 1.15 if dormer else finish.trim)
    with canvas.within(box, form):
        _paint_room(canvas, box)
        _mirror_sky(canvas, box)
        canvas.recess(box, box.part(bottom=0.1), 0.6, 0.65)
        _paint_casement(canvas, box, 0 if dormer else finish.transom)
        canvas.shade(box.head(1), 0.6)


def _paint_room(canvas: Canvas, box: Box) -> None:
    """Paint a dark room behind two curtains, a curtain over the lower part, or none."""
    rng, glass = canvas.rng, canvas.at(box)
    glass[...] = GLASS * rng.uniform(0.7, 1.5)
    if rng.random() < 0.6:
        across = canvas.across(box, -1, 1)
        drawn = np.abs(across) > rng.uniform(0.25, 0.8)
        folds = 0.85 + 0.12 * np.sin(across * rng.uniform(18, 30))
        glass += drawn * rng.uniform(0.35, 0.8) * (LACE * folds - glass)
    elif rng.random() < 0.5:
        covered = canvas.down(box, 0, 1) > rng.uniform(0.4, 0.6)
        glass += covered * rng.uniform(0.3, 0.6) * (LACE - glass)


def _mirror_sky(canvas: Canvas, box: Box) -> None:
    """Paint the reflection of the sky in the upper part of a pane, at a slant."""
    rng, glass = canvas.rng, canvas.at(box)
    slant = canvas.down(box, 0, 1) + rng.uniform(-0.3, 0.3) * canvas.across(box, -1, 1)
    mirrored = np.clip(1.1 - 1.3 * slant + 0.2 * cloud(canvas.shape(box), (16,), rng)[..., None], 0, 1)
    glass += rng.uniform(0.15, 0.65) * mirrored * (canvas.finish.sky * 0.95 - glass)


def _paint_casement(canvas: Canvas, box: Box, transom: float) -> None:
    """Paint the wooden frame of a window, a mullion, and a transom at this fraction of the height; 0: none."""
    wood, half = canvas.finish.joinery * 0.94, 0.7
    canvas.fill(Box.about(box.middle, half, box.top, box.bottom), wood)
    if transom:
        level = box.part(bottom=transom).bottom
        canvas.fill(Box(box.left, level - half, box.right, level + half), wood)
    canvas.frame(box, wood, 1.3)


_SLAT = np.array((1.06, 0.98, 0.9, 0.7), np.float32)  # The light on the rows of one slat.


def _paint_blind(canvas: Canvas, box: Box, form: str) -> None:
    """Paint a roller of narrow slats with its shadow on the glass, or a shutter: slats in a frame."""
    canvas.cast(box, 1.5)
    canvas.fill(box, canvas.finish.blind)
    slats = np.arange(canvas.shape(box)[0]) % len(_SLAT)
    canvas.shade(box, _SLAT[slats][:, None, None])
    if form == "shutter":
        canvas.frame(box, canvas.finish.blind, 1)
        canvas.fill(box.part(top=0.47, bottom=0.53), canvas.finish.blind)
        canvas.bevel(box)
    else:
        canvas.shade(box.head(1.5), 0.6)


def _paint_door(canvas: Canvas, box: Box, form: str) -> None:
    """Paint two panelled leaves under a fanlight, in a stone surround."""
    surround = Box(box.left - 2.5, box.top - 2.5, box.right + 2.5, box.bottom)
    canvas.block(surround, canvas.finish.trim, 0.7)
    with canvas.within(box, form):
        canvas.fill(box, canvas.finish.door)
        canvas.fill(box.part(bottom=0.24).grown(-1.5, -1), GLASS + 0.3 * canvas.finish.sky)
        for left in (0.08, 0.55):
            for top, bottom in ((0.3, 0.6), (0.65, 0.94)):
                panel = box.part(left, top, left + 0.37, bottom)
                canvas.shade(panel, 1.12)
                canvas.bevel(panel, 0.8, raised=False)
        gap, handle = box.part(0.485, 0, 0.515, 1), box.part(0.53, 0.6, 0.57, 0.66)
        canvas.shade(gap, 0.45)
        canvas.fill(handle, LAMPLIGHT)
        canvas.recess(box, box.head(3), 0.5, 0.6)


# --- Balconies and shops ----------------------------------------------------------------------------------

_BALUSTER = np.array((1.05, 1.0, 0.95, 0.85, 0.7), np.float32)  # The light on the columns of one baluster.
_BALUSTER_STEP = 9
_BAR, _BAR_STEP = 2, 5


def _paint_balcony(canvas: Canvas, box: Box, form: str) -> None:
    """Paint a slab with a deep shadow, and iron bars; a balcony along the whole row has stone balusters."""
    slab = box.part(top=0.86)
    canvas.streak(slab, 10)
    canvas.cast(slab, 8)
    paint_railing = _paint_balustrade if form == "all" else _paint_bars
    paint_railing(canvas, box)
    canvas.block(slab, canvas.finish.trim, 0.8)


def _paint_balustrade(canvas: Canvas, box: Box) -> None:
    """Paint stone balusters under a handrail."""
    canvas.shade(box, 0.55)
    rail = canvas.at(box.part(bottom=0.86))
    column = np.arange(rail.shape[1]) % _BALUSTER_STEP
    stone = column < len(_BALUSTER)
    rail[:, stone] = canvas.finish.trim * _BALUSTER[column[stone]][:, None]
    canvas.block(box.part(bottom=0.16), canvas.finish.trim)


def _paint_bars(canvas: Canvas, box: Box) -> None:
    """Paint upright iron bars, held by three flat ones."""
    canvas.shade(box, 0.86)
    rail = canvas.at(box.part(bottom=0.86))
    rail[:, np.arange(rail.shape[1]) % _BAR_STEP < _BAR] = IRON
    for level in (0.0, 0.2, 0.74):
        canvas.fill(box.part(top=level, bottom=level + 0.05), IRON)


def _paint_shop(canvas: Canvas, box: Box, form: str) -> None:
    """Paint a sign with letters, or a shop window under an awning."""
    canvas.cast(box, 1)
    if form == "sign":
        _paint_sign(canvas, box)
    else:
        _paint_shop_window(canvas, box)
        _paint_awning(canvas, box.part(bottom=0.24))


def _paint_sign(canvas: Canvas, box: Box) -> None:
    """Paint letters of different widths on a board."""
    canvas.block(box, canvas.finish.cloth)
    text = box.part(0.2, 0.3, 0.78, 0.7)
    left = text.left
    while left < text.right:
        right = left + canvas.rng.uniform(1.2, 3)
        canvas.fill(Box(left, text.top, right, text.bottom), LACE, 0.9)
        left = right + 1


def _paint_shop_window(canvas: Canvas, box: Box) -> None:
    """Paint goods in lamplight behind two panes."""
    lamps = np.clip(0.25 + 0.25 * cloud(canvas.shape(box), (28, 10), canvas.rng), 0, 0.8)[..., None]
    canvas.at(box)[...] = GLASS + lamps * (LAMPLIGHT - GLASS)
    goods = box.part(top=0.5)
    hues = [cloud(canvas.shape(goods), (12, 7), canvas.rng) for _ in range(3)]
    canvas.fill(goods, 0.5 + 0.14 * np.stack(hues, axis=-1), 0.5)
    stall_riser, mullion = box.part(top=0.9), Box.about(box.middle, 0.7, box.top, box.bottom)
    for piece in (stall_riser, mullion):
        canvas.fill(piece, canvas.finish.door)
    canvas.frame(box, canvas.finish.door, 1.4)


def _paint_awning(canvas: Canvas, box: Box) -> None:
    """Paint striped cloth, light above and darker where it hangs."""
    canvas.cast(box, 5)
    cloth = canvas.at(box)
    striped = (np.arange(cloth.shape[1]) // 8 % 2 == 0)[None, :, None]
    cloth[...] = np.where(striped, canvas.finish.cloth, LACE * 1.05)
    canvas.shade(box, canvas.down(box, 1.1, 0.82))


_PAINTERS: dict[str, Callable[[Canvas, Box, str], None]] = {
    "molding": _paint_molding,
    "pillar": _paint_pillar,
    "window": _paint_window,
    "blind": _paint_blind,
    "cornice": _paint_cornice,
    "sill": _paint_sill,
    "door": _paint_door,
    "shop": _paint_shop,
    "balcony": _paint_balcony,
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
