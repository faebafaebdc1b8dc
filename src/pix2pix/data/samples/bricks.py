"""The built-in bricks: views of fifty toy bricks from above, shaded, in grey on dark ground, drawn from a seed.

They are in the manner of the bricks of Foster, "Generative Deep Learning" (2nd edition, chapter 4): one brick a
picture, from any side.
"""

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.pictures import png
from pix2pix.data.samples.archive import write
from pix2pix.data.samples.brick_shapes import BRICKS
from pix2pix.data.samples.brick_view import Camera, drawn

# The camera's height above the horizon, in degrees.
_LOWEST, _HIGHEST = 18, 62
# The light comes from the left of the camera, so many radians to the side and above the ground. Without this, and the
# size, all views of a round brick would be nearly the same.
_ASIDE, _ABOVE = (-1.5, -0.4), (0.7, 1.15)
# The smallest size in the picture, as a share of the largest.
_FARTHEST = 0.75


def draw(seed: int, index: int) -> NDArray[np.uint8]:
    """Draw picture `index`: uint8 grey `(128, 128, 1)`. Each fifty pictures in a row show each brick once."""
    random = np.random.default_rng([seed, index])
    azimuth, elevation = random.uniform(0, 2 * np.pi), np.radians(random.uniform(_LOWEST, _HIGHEST))
    aside, above, nearness = random.uniform(*_ASIDE), random.uniform(*_ABOVE), random.uniform(_FARTHEST, 1)
    return drawn(BRICKS[index % len(BRICKS)], Camera(azimuth, elevation, aside, above, nearness))


def write_archive(path: Path, seed: int, train: int, val: int, test: int) -> None:
    """Write a tar.gz of `bricks/<split>/<number>.png`, whole or not at all. The same arguments give the same bytes.

    Args:
        path: the archive.
        seed: decides the views.
        train, val, test: the number of pictures of each split. No picture is in two splits.
    """
    indices = itertools.count()
    write(
        path,
        (
            (f"bricks/{split}/{number}.png", png(draw(seed, next(indices))))
            for split, count in (("test", test), ("train", train), ("val", val))
            for number in range(1, count + 1)
        ),
    )
