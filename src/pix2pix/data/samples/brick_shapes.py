"""Fifty toy bricks as solids. Lengths are in studs: 1 is the distance of two studs, a brick is 1.2 high, a plate 0.4.

A brick stands on z = 0. Its parts are convex, and their bounding boxes do not overlap, so that parts can be drawn one
after the other, from the farthest to the nearest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

# Points, float64 `(points, 3)`.
Points = NDArray[np.float64]
_BRICK, _PLATE = 1.2, 0.4
# The radius and the height of a stud, and the radius of the holes of beams.
_STUD, _STUD_HEIGHT, _HOLE = 0.3, 0.21, 0.29
_ROUND = 20
_WIDTHS = ((1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 8), (2, 2), (2, 3), (2, 4), (2, 6), (2, 8))


@dataclass(frozen=True)
class Part:
    """A convex part.

    Attributes:
        faces: the corners of each face, in order around it.
        holes: dark circles that lie on faces, as corners.
    """

    faces: tuple[Points, ...]
    holes: tuple[Points, ...] = ()

    @property
    def corners(self) -> Points:
        """The corners of all faces."""
        return np.concatenate(self.faces)


Brick = tuple[Part, ...]


def _prism(base: Points, top: Points) -> Part:
    """The solid between two polygons of equally many corners."""
    after = np.roll(np.arange(len(base)), -1)
    sides = [np.stack([base[i], base[j], top[j], top[i]]) for i, j in enumerate(after)]
    return Part((base, top, *sides))


def _circle(x: float, y: float, z: float, radius: float) -> Points:
    angles = np.arange(_ROUND) * (2 * np.pi / _ROUND)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles), np.full(_ROUND, z)], axis=1)


def _box(x: float, y: float, z: float, width: float, depth: float, height: float) -> Part:
    base = np.array([[x, y, z], [x + width, y, z], [x + width, y + depth, z], [x, y + depth, z]], np.float64)
    return _prism(base, base + np.array([0, 0, height]))


def _round(x: float, y: float, z: float, height: float, radius: float, top: float | None = None) -> Part:
    """A cylinder or, with another radius at the top, a cone without its tip."""
    return _prism(_circle(x, y, z, radius), _circle(x, y, z + height, radius if top is None else top))


def _studs(xs: Sequence[int], ys: Sequence[int], height: float) -> Iterator[Part]:
    for x, y in product(xs, ys):
        yield _round(x + 0.5, y + 0.5, height, _STUD_HEIGHT, _STUD)


def _block(width: int, depth: int, height: float, studs: bool = True) -> Brick:
    on_top = _studs(range(width), range(depth), height) if studs else ()
    return (_box(0, 0, 0, width, depth, height), *on_top)


def _slope(width: int, depth: int, height: float) -> Brick:
    """A brick that falls from its last row of studs to a low edge in front."""
    profile = np.array([[0, 0], [depth, 0], [depth, height], [depth - 1, height], [0, 0.2]], np.float64)
    side = np.stack([np.zeros(len(profile)), profile[:, 0], profile[:, 1]], axis=1)
    return (_prism(side, side + np.array([width, 0, 0])), *_studs(range(width), [depth - 1], height))


def _rounded(width: int, height: float) -> Brick:
    """A round brick of this diameter, with its studs."""
    middle, inside = width / 2, range(width)
    return (_round(middle, middle, 0, height, 0.49 * width), *_studs(inside, inside, height))


def _cone(width: int, height: float) -> Brick:
    middle = width / 2
    top = _round(middle, middle, height, _STUD_HEIGHT, _STUD)
    return (_round(middle, middle, 0, height, 0.49 * width, 0.38), top)


def _beam(length: int) -> Brick:
    """A brick of one row with a hole between each two studs, through its long sides."""
    body, *studs = _block(length, 1, _BRICK)
    holes = [
        _circle(x, 0.7, 0, _HOLE)[:, [0, 2, 1]] + np.array([0, y, 0]) for x in range(1, length) for y in (0.0, 1.0)
    ]
    return (Part(body.faces, tuple(holes)), *studs)


def _corner(height: float) -> Brick:
    """An L of three squares."""
    boxes = (_box(0, 0, 0, 2, 1, height), _box(0, 1, 0, 1, 1, height))
    return (*boxes, *_studs([0, 1], [0], height), *_studs([0], [1], height))


def _arch(length: int) -> Brick:
    posts = (_box(0, 0, 0, 1, 1, 0.8), _box(length - 1, 0, 0, 1, 1, 0.8))
    return (*posts, _box(0, 0, 0.8, length, 1, 0.4), *_studs(range(length), [0], _BRICK))


def _all() -> Iterator[Brick]:
    yield from (_block(width, depth, _BRICK) for width, depth in _WIDTHS)
    yield from (_block(width, depth, _PLATE) for width, depth in (*_WIDTHS, (4, 4), (4, 6)))
    yield from (_block(width, depth, _PLATE, studs=False) for width, depth in ((1, 1), (1, 2), (1, 4), (2, 2)))
    yield from (_slope(width, 2, _BRICK) for width in (1, 2, 3, 4))
    yield from (_slope(width, 3, _BRICK) for width in (1, 2, 4))
    yield from (_slope(width, 2, 3 * _BRICK) for width in (1, 2))
    yield from (_rounded(width, height) for width in (1, 2) for height in (_BRICK, _PLATE))
    yield from (_cone(1, _BRICK), _cone(2, 2 * _BRICK))
    yield from map(_beam, (2, 4, 6, 8))
    yield from (_corner(_BRICK), _corner(_PLATE))
    yield _arch(4)


BRICKS: tuple[Brick, ...] = tuple(_all())
