"""Paint the openings of a façade into the photo: windows, blinds, doors, balconies and shops."""

import numpy as np

from pix2pix.data.samples.materials import (
    GLASS,
    IRON,
    LACE,
    LAMPLIGHT,
    Canvas,
    cloud,
)
from pix2pix.data.samples.parts import Box

# --- Openings ---------------------------------------------------------------------------------------------


def paint_window(canvas: Canvas, box: Box, form: str) -> None:
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


def paint_blind(canvas: Canvas, box: Box, form: str) -> None:
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


def paint_door(canvas: Canvas, box: Box, form: str) -> None:
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


def paint_balcony(canvas: Canvas, box: Box, form: str) -> None:
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


def paint_shop(canvas: Canvas, box: Box, form: str) -> None:
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
