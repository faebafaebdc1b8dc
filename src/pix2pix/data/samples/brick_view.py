"""A picture of a brick: perspective, flat shading of each face, and a shadow on the ground."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from pix2pix.data.samples.brick_shapes import Brick, Part, Points

SIDE = 128
# Pictures are drawn so many times larger, and then reduced.
_FINER = 3
# The distance of the camera from the brick's middle, in radii of the brick.
_DISTANCE = 7.0
# The part of the picture's side that the brick fills: the smallest one, and the largest one.
_FILLED = 0.5, 0.86
_LARGEST = 8.0
_GROUND, _SHADOW, _HOLE = 30, 12, 22
_AMBIENT, _DIFFUSE = 62.0, 178.0


@dataclass(frozen=True)
class Camera:
    """How a brick is seen.

    Attributes:
        azimuth, elevation: the direction to the camera: around the brick, and above the ground, in radians.
        aside, above: the direction to the light: to the side of the camera, and above the ground, in radians.
        nearness: a factor of the size in the picture.
    """

    azimuth: float
    elevation: float
    aside: float = -0.9
    above: float = 0.95
    nearness: float = 1.0

    @cached_property
    def towards(self) -> Points:
        """The unit vector from the brick to the camera."""
        return _direction(self.azimuth, self.elevation)

    @cached_property
    def light(self) -> Points:
        """The unit vector from the brick to the light."""
        return _direction(self.azimuth + self.aside, self.above)

    @cached_property
    def axes(self) -> Points:
        """The unit vectors to the right and down in the picture, `(2, 3)`."""
        right = np.array([-np.sin(self.azimuth), np.cos(self.azimuth), 0.0])
        return np.stack([right, -np.cross(self.towards, right)])


def _direction(azimuth: float, elevation: float) -> Points:
    flat = np.cos(elevation)
    return np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)])


class _Scene:
    """A brick in front of a camera, and the pen that draws it."""

    def __init__(self, brick: Brick, camera: Camera) -> None:
        corners = np.concatenate([part.corners for part in brick])
        self._middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
        radius = float(np.linalg.norm(np.ptp(corners, axis=0))) / 2
        self._camera = camera
        self.eye = self._middle + _DISTANCE * radius * camera.towards
        flat = self._flat(corners)
        low, high = flat.min(axis=0), flat.max(axis=0)
        smallest, largest = _FILLED
        filled = smallest + (largest - smallest) * min(1.0, 2 * radius / _LARGEST)
        self._scale = camera.nearness * filled * SIDE * _FINER / float((high - low).max())
        self._centre = (low + high) / 2
        self.picture = Pillow.new("L", (SIDE * _FINER, SIDE * _FINER), _GROUND)
        self._pen = ImageDraw.Draw(self.picture)

    def _flat(self, points: Points) -> Points:
        """Project points onto a plane in front of the camera, `(points, 2)`."""
        seen = points - self.eye
        return (seen @ self._camera.axes.T) / -(seen @ self._camera.towards)[:, None]

    def fill(self, points: Points, grey: int) -> None:
        """Fill a polygon."""
        places = (self._flat(points) - self._centre) * self._scale + SIDE * _FINER / 2
        self._pen.polygon([(float(x), float(y)) for x, y in places], fill=grey)

    def shadow(self, part: Part) -> None:
        """Draw the shadow of a part on the ground."""
        light = self._camera.light
        for face in part.faces:
            self.fill(face - face[:, 2:] * (light / light[2]), _SHADOW)

    def solid(self, part: Part) -> None:
        """Draw the faces of a part that the camera sees, and the holes in them."""
        middle = part.corners.mean(axis=0)
        for face in part.faces:
            normal = _normal(face, middle)
            if (self.eye - face[0]) @ normal > 0:
                self.fill(face, _shade(normal, self._camera.light))
        for hole in part.holes:
            if (self.eye - hole[0]) @ _normal(hole, middle) > 0:
                self.fill(hole, _HOLE)


def _normal(face: Points, inside: Points) -> Points:
    """The unit normal of a face, away from a point inside of the part."""
    normal = np.cross(face[1] - face[0], face[2] - face[1])
    normal /= np.linalg.norm(normal)
    return normal if (face[0] - inside) @ normal > 0 else -normal


def _shade(normal: Points, light: Points) -> int:
    return round(_AMBIENT + _DIFFUSE * max(0.0, float(normal @ light)))


def _in_order(brick: Brick, eye: Points) -> list[Part]:
    """Return the parts so that none is hidden by an earlier one."""
    low = np.array([part.corners.min(axis=0) for part in brick])
    high = np.array([part.corners.max(axis=0) for part in brick])
    # On some axis one part ends before the other begins, and the camera is beyond that place: then the first part
    # cannot hide the second.
    below = (high[:, None] <= low[None] + 1e-9) & (eye >= low[None])
    above = (low[:, None] >= high[None] - 1e-9) & (eye <= high[None])
    hides: NDArray[np.bool_] = np.logical_not((below | above).any(axis=2))
    np.fill_diagonal(hides, False)
    waiting, order = list(range(len(brick))), []
    while waiting:
        free = [one for one in waiting if not hides[one, waiting].any()]
        following = (free or waiting)[0]
        waiting.remove(following)
        order.append(following)
    return [brick[number] for number in order]


def drawn(brick: Brick, camera: Camera) -> NDArray[np.uint8]:
    """Return the picture of a brick, uint8 grey `(SIDE, SIDE, 1)`."""
    scene = _Scene(brick, camera)
    for part in brick:
        scene.shadow(part)
    for part in _in_order(brick, scene.eye):
        scene.solid(part)
    return np.asarray(scene.picture.resize((SIDE, SIDE), Pillow.Resampling.BOX))[..., None]
