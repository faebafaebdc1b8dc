"""Plan a house from a seed, as rectangles with classes, and paint its label map.

A plan goes from large to small: the block, its storeys and bays, and the pieces on them.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from pix2pix.data.labels import CMP, Image
from pix2pix.data.samples.parts import LAYERS, SIZE, SMALLEST, Box, Design, House, Part, Row

# --- The whole house --------------------------------------------------------------------------------------


def plan_house(rng: Generator) -> House:
    """Plan a façade. The plan depends only on the state of `rng`."""
    wall, roof = _plan_block(rng)
    design = _choose_design(wall, rng)
    neighbours = _plan_neighbours(wall, rng)
    parts = [
        *_plan_bands(wall, design, rng),
        *_plan_pilasters(design, rng),
        *_plan_ground_floor(design, rng),
        *_plan_dormers(roof, design, rng),
        *(part for wall_next_door in neighbours for part in _plan_windows_next_door(wall_next_door, rng)),
        *(part for storey in design.upper_storeys for part in _plan_storey(storey, design, rng)),
    ]
    parts.sort(key=lambda part: LAYERS.index(part.kind))
    snapped = (part._replace(box=part.box.snapped()) for part in parts)
    visible = tuple(part for part in snapped if min(part.box.width, part.box.height) >= SMALLEST)
    return House(wall, design.ground_floor, roof, tuple(neighbours), visible)


def _plan_block(rng: Generator) -> tuple[Box, Box]:
    """Plan the wall and the roof. The wall reaches the edge of the picture or leaves room for a neighbour."""
    street, top = rng.uniform(6, 20), rng.uniform(8, 50)
    margins = [rng.choice([0.0, rng.uniform(12, 46)], p=[0.42, 0.58]) for _ in range(2)]
    wall = Box(margins[0], top, SIZE - margins[1], SIZE - street).snapped()
    return wall, Box(wall.left, top - rng.choice([0, 10, 20, 32]), wall.right, top)


def _choose_design(wall: Box, rng: Generator) -> Design:
    """Choose the storeys, the bays, and what else is the same for the whole house."""
    *upper_storeys, ground_floor = _divide_height(wall, rng)
    bays = _divide_width(wall, rng)
    return Design(
        upper_storeys=upper_storeys,
        ground_floor=ground_floor,
        bays=bays,
        ornate=rng.random(),
        window_width=rng.uniform(0.40, 0.56),
        lights=1 if bays[0].width < 44 else int(rng.integers(2, 4)),
        shutters=rng.random() < 0.14,
        hood=rng.choice(["flat", "pediment", "none"], p=[0.5, 0.35, 0.15]),
        sill_height=rng.uniform(2, 7),
    )


def _divide_height(wall: Box, rng: Generator) -> list[Box]:
    """Divide a wall into storeys, from the top down, at least two. The lowest two are taller."""
    count = int(np.clip(round(wall.height / rng.uniform(34, 62)), 2, 6))
    heights = np.ones(count)
    heights[0], heights[-2:] = rng.uniform(0.8, 1), rng.uniform([1.0, 1.1], [1.2, 1.4])
    levels = np.cumsum([0, *heights / heights.sum()])
    return [wall.part(top=top, bottom=bottom) for top, bottom in pairwise(levels)]


def _divide_width(wall: Box, rng: Generator) -> list[Box]:
    """Divide a wall into bays between the corner piers. If their number is odd, the middle one may be wider."""
    count = int(np.clip(round(wall.width / rng.uniform(27, 74)), 2, 7))
    widths = np.ones(count)
    if count % 2:
        widths[count // 2] = rng.choice([1, 1.3])
    pier = rng.uniform(0.01, 0.05)
    edges = pier + (1 - 2 * pier) * np.cumsum([0, *widths / widths.sum()])
    return [wall.part(left=left, right=right) for left, right in pairwise(edges)]


# --- Across the façade ------------------------------------------------------------------------------------


def _plan_bands(wall: Box, design: Design, rng: Generator) -> Iterator[Part]:
    """Plan the molding under the roof, with brackets on a rich house, and the bands between storeys."""
    crown = design.upper_storeys[0].height * rng.uniform(0.18, 0.34)
    eaves = Box(wall.left - 3, wall.top - 2, wall.right + 3, wall.top + crown)
    yield Part("molding", eaves, "dentils" if design.ornate > 0.35 else "")
    if design.ornate > 0.55 and rng.random() < 0.6:
        for bay in design.bays:
            yield Part("deco", Box.about(bay.middle, 6, wall.top + 2, eaves.bottom + 1))
    for storey in (*design.upper_storeys[1:], design.ground_floor):
        above_ground_floor = storey is design.ground_floor
        if rng.random() < (0.9 if above_ground_floor else 0.25 + 0.5 * design.ornate):
            thickness = storey.height * rng.uniform(0.06, 0.16 if above_ground_floor else 0.1)
            yield Part("molding", Box(wall.left, storey.top - thickness / 2, wall.right, storey.top + thickness / 2))


def _plan_pilasters(design: Design, rng: Generator) -> Iterator[Part]:
    """Plan tall pilasters over the upper storeys: between all bays, at the corners, or beside the axis."""
    if rng.random() > 0.25 + 0.4 * design.ornate:
        return
    lines = [design.bays[0].left, *(bay.right for bay in design.bays)]
    middle = len(lines) // 2
    chosen = [lines, [lines[0], lines[-1]], lines[middle - 1 : len(lines) - middle + 1]][rng.integers(3)]
    half = design.bays[0].width * rng.uniform(0.05, 0.08)
    top = design.upper_storeys[0].part(top=0.18).top
    for line in chosen:
        yield Part("pillar", Box.about(line, half, top, design.ground_floor.top))


def _plan_dormers(roof: Box, design: Design, rng: Generator) -> Iterator[Part]:
    """Plan attic windows, over every bay or every other one, where the roof is tall enough."""
    if roof.height > 15 and rng.random() < 0.6:
        height = roof.part(top=0.35, bottom=0.85)
        for bay in design.bays[:: rng.integers(1, 3)]:
            half = min(bay.width * 0.16, 7)
            yield Part("window", Box.about(bay.middle, half, height.top, height.bottom), "dormer")


# --- The upper storeys ------------------------------------------------------------------------------------


def _plan_storey(storey: Box, design: Design, rng: Generator) -> Iterator[Part]:
    """Plan a row of equal windows, each with its hood and its sill or balcony, and carvings between them."""
    row = _choose_row(storey, design, rng)
    count = len(design.bays)
    for number, bay in enumerate(design.bays):
        balcony = row.has_balcony(number, count)
        half = bay.width * design.window_width / 2
        top, bottom = row.head * storey.height, (0.93 if balcony else 0.83) * storey.height
        opening = Box.about(bay.middle, half, storey.top + top, storey.top + bottom)
        yield from _plan_window(opening, design, row.form, row.blinds, rng)
        yield from _dress_window(opening, row, balcony, design.sill_height)
        gap = bay.width - 2 * half
        if row.carved and number < count - 1 and gap > 14:
            bottom = opening.part(bottom=0.55).bottom
            yield Part("deco", Box.about(bay.right, min(gap / 2 - 4, 7), opening.top + 2, bottom))


def _choose_row(storey: Box, design: Design, rng: Generator) -> Row:
    """Choose the windows of one storey. The noble storey, above the ground floor, has hoods and most balconies."""
    noble = storey is design.upper_storeys[-1]
    hood = design.hood if noble or rng.random() < 0.4 + 0.5 * design.ornate else "none"
    chances = [0.2, 0.3, 0.2, 0.3] if noble else [0.5, 0.2, 0.15, 0.15]
    return Row(
        storey=storey,
        hood=hood,
        form="arched" if hood == "none" and rng.random() < 0.25 else "",
        blinds=0 if design.shutters else rng.choice([0, rng.uniform(0.1, 0.4)]),
        balconies=rng.choice(["none", "axis", "wings", "all"], p=chances),
        carved=design.ornate > 0.35 and rng.random() < 0.5,
        head=rng.uniform(0.27, 0.31),
    )


def _plan_window(opening: Box, design: Design, form: str, blinds: float, rng: Generator) -> Iterator[Part]:
    """Plan one opening of one to three windows, with rollers at different heights, or shutters beside it."""
    for light in range(design.lights):
        pier = 0.03 if design.lights > 1 else 0
        box = opening.part(left=light / design.lights + pier, right=(light + 1) / design.lights - pier)
        yield Part("window", box, form)
        if rng.random() < blinds:
            yield Part("blind", box.part(bottom=rng.uniform(0.2, 0.8)), "roller")
    if design.shutters:
        leaf = 0.45 * opening.width / design.lights
        yield Part("blind", opening._replace(left=opening.left - leaf, right=opening.left), "shutter")
        yield Part("blind", opening._replace(left=opening.right, right=opening.right + leaf), "shutter")


def _dress_window(opening: Box, row: Row, balcony: bool, sill_height: float) -> Iterator[Part]:
    """Plan the hood above an opening, and the balcony or the sill below it."""
    if row.hood != "none":
        lift = row.storey.height * (0.17 if row.hood == "pediment" else 0.1)
        yield Part("cornice", opening.above(lift).grown(3, 0), row.hood)
    if balcony:
        rail = opening.bottom - row.storey.height * 0.3
        yield Part("balcony", Box(opening.left - 4, rail, opening.right + 4, opening.bottom + 2), row.balconies)
    else:
        yield Part("sill", opening.below(sill_height).grown(2, 0))


# --- The ground floor -------------------------------------------------------------------------------------


def _plan_ground_floor(design: Design, rng: Generator) -> Iterator[Part]:
    """Plan a door in one bay, and shops or windows in the others."""
    use = rng.choice(["shops", "mixed", "homes"], p=[0.35, 0.3, 0.35])
    last = len(design.bays) - 1
    entrance = int(rng.choice([len(design.bays) // 2, 0, last], p=[0.6, 0.2, 0.2]))
    form = rng.choice(["arched", ""], p=[0.4, 0.6])
    shoulder = rng.uniform(0.03, 0.1)
    for number, bay in enumerate(design.bays):
        front = Box(bay.left, design.ground_floor.top, bay.right, design.ground_floor.bottom)
        if number == entrance:
            yield from _plan_entrance(front, design, form, rng)
        elif use == "shops" or (use == "mixed" and number > entrance):
            yield from _plan_shop(front, shoulder, columned=number < last and design.ornate > 0.5)
        else:
            level = front.part(top=0.3, bottom=0.76)
            opening = Box.about(bay.middle, bay.width * design.window_width / 2, level.top, level.bottom)
            yield from _plan_window(opening, design, form, 0, rng)
            yield Part("sill", opening.below(3).grown(2, 0))


def _plan_entrance(front: Box, design: Design, form: str, rng: Generator) -> Iterator[Part]:
    """Plan the door. A carving above it is more likely on a richer house."""
    half = min(front.width * 0.3, front.height * 0.3)
    door = Box.about(front.middle, half, front.part(top=0.3).top, front.bottom)
    yield Part("door", door, form)
    if rng.random() < design.ornate:
        yield Part("deco", door.above(front.height * 0.14).grown(3, 0))


def _plan_shop(front: Box, shoulder: float, columned: bool) -> Iterator[Part]:
    """Plan a shop window under its sign, and perhaps a column between this bay and the next."""
    yield Part("shop", front.part(shoulder, 0.34, 1 - shoulder), "window")
    yield Part("shop", front.part(shoulder, 0.15, 1 - shoulder, 0.3), "sign")
    if columned:
        half = front.width * shoulder * 0.8
        yield Part("pillar", Box.about(front.right, half, front.part(top=0.14).top, front.bottom))


# --- Next door --------------------------------------------------------------------------------------------


def _plan_neighbours(wall: Box, rng: Generator) -> list[Box]:
    """Plan the walls of the houses next door, where this house does not reach the edge of the picture."""
    margins = [Box(0, 0, wall.left, wall.bottom), Box(wall.right, 0, SIZE, wall.bottom)]
    return [margin._replace(top=rng.uniform(-20, 90)) for margin in margins if margin.width]


def _plan_windows_next_door(wall: Box, rng: Generator) -> Iterator[Part]:
    """Plan the one or two columns of windows of a house next door."""
    columns = round(wall.width / 20)
    rows = max(round(wall.height / rng.uniform(36, 52)), 1)
    for row in range(rows):
        for column in range(columns):
            cell = wall.part(column / columns, row / rows, (column + 1) / columns, (row + 1) / rows)
            window = cell.part(0.25, 0.3, 0.75, 0.75)
            yield Part("window", window)
            yield Part("sill", window.below(2).grown(1, 0))


# --- The label map ----------------------------------------------------------------------------------------


def paint_labels(house: House) -> Image:
    """Paint the label map of a plan: uint8 RGB `(256, 256, 3)`, only colours of the palette."""
    classes = np.full((SIZE, SIZE), CMP.names.index("background"), np.uint8)
    classes[house.wall.slices()] = CMP.names.index("facade")
    for part in house.parts:
        classes[part.box.slices()] = CMP.names.index(part.kind)
    return CMP.paint(classes)
