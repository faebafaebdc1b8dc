"""How alike two sets of pictures are that have no partners: their distributions, and how much their pictures differ.

Each function has the key of its measure for a name.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.seeds import derive
from pix2pix.evaluation.measure import Measure
from pix2pix.evaluation.pyramid import laplacian
from pix2pix.evaluation.watched import SPREAD, SWD

# Pictures of one set, uint8 or uint16 `(n, height, width, channels)`.
Set = NDArray[Any]
# The numbers of the pictures of a set that count.
Kept = NDArray[np.int64]
# The side of a patch, the patches of a picture and level, and the directions (Karras et al. 2018, section 5).
PATCH, PATCHES, DIRECTIONS = 7, 128, 512
# Patches and directions follow from this seed, so that a distance is a function of the pictures alone.
_SEED = 0


def swd(real: Set, made: Set) -> float:
    """Sliced Wasserstein distance between the patches of two sets, times 1000; 0 for equal sets.

    Karras et al. 2018 (PGGAN), section 5: for each level of a Laplacian pyramid, 7x7 patches are taken at random, and
    brought to mean 0 and standard deviation 1 in each channel of each set. Along random directions their sorted
    projections are compared. The result is the mean over directions and levels.

    Here and below, both sets have equally many pictures of one size.
    """
    return float(swds(real, made, [np.arange(len(real))])[0])


def swds(real: Set, made: Set, parts: Sequence[Kept]) -> NDArray[np.float64]:
    """Return `swd` for parts of two sets, float64 `(parts,)`; see `swd`.

    The mean and the standard deviation are those of the whole sets.
    """
    levels = zip(laplacian(real.astype(np.float32)), laplacian(made.astype(np.float32)), strict=True)
    return np.mean([_of_level(level, *both, parts) for level, both in enumerate(levels)], axis=0) * 1000


def _of_level(level: int, real: Set, made: Set, parts: Sequence[Kept]) -> list[float]:
    rows, columns = places(len(real), real.shape[1:3], level)
    slopes = directions(PATCH * PATCH * real.shape[3], level)
    seen = [_projected(_descriptors(each, rows, columns), slopes) for each in (real, made)]
    return [float(np.abs(np.subtract(*(_sorted(each, kept) for each in seen))).mean()) for kept in parts]


def places(pictures: int, size: tuple[int, ...], level: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first row and column of each patch, int64 `(pictures, PATCHES)` each."""
    random = np.random.default_rng([derive(_SEED, "patches"), level])
    drawn = random.random((pictures, PATCHES, 2))
    rows, columns = ((drawn[..., axis] * (size[axis] - PATCH + 1)).astype(np.int64) for axis in (0, 1))
    return rows, columns


def directions(values: int, level: int) -> NDArray[np.float32]:
    """Return unit vectors in random directions, float32 `(values, DIRECTIONS)`."""
    random = np.random.default_rng([derive(_SEED, "directions"), level])
    drawn = random.standard_normal((values, DIRECTIONS))
    return (drawn / np.linalg.norm(drawn, axis=0)).astype(np.float32)


def _descriptors(pictures: Set, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the normalised patches of each picture, float32 `(pictures, PATCHES, values)`."""
    inside = np.arange(PATCH)
    down, right = rows[..., None, None] + inside[:, None], columns[..., None, None] + inside
    patches = pictures[np.arange(len(pictures))[:, None, None, None], down, right]
    patches = patches - patches.mean(axis=(0, 1, 2, 3))
    spread = patches.std(axis=(0, 1, 2, 3))
    patches /= np.where(spread > 0, spread, 1)  # a set of one colour has no spread
    return patches.reshape(*rows.shape, -1)


def _projected(patches: NDArray[np.float32], slopes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the projections, float32 `(DIRECTIONS, pictures, PATCHES)`."""
    return np.ascontiguousarray(np.moveaxis(patches @ slopes, -1, 0))


def _sorted(projected: NDArray[np.float32], kept: Kept) -> NDArray[np.float32]:
    return np.sort(projected[:, kept].reshape(len(projected), -1), axis=1)


def spread(real: Set, made: Set) -> float:
    """How much the pictures of `made` differ from one another, as a multiple of how much the real ones do.

    Both are means over all pairs of pictures of the mean absolute difference of their values. 1: as varied as real
    pictures; near 0: all are alike (mode collapse). It is 0 for fewer than two pictures.
    """
    kept = np.arange(len(real))
    return spread_of(apart(real), apart(made), kept)


def apart(pictures: Set) -> NDArray[np.float64]:
    """Return the mean absolute difference of each two pictures in units of their values, float64 `(n, n)`."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    return np.stack([np.abs(flat - each).mean(axis=1, dtype=np.float64) for each in flat])


def spread_of(real: NDArray[np.float64], made: NDArray[np.float64], kept: Kept) -> float:
    """Return `spread` for a part of two sets, from what `apart` returns of each."""
    totals = [each[np.ix_(kept, kept)].sum() for each in (made, real)]
    return float(totals[0] / totals[1]) if totals[1] else 0.0


# Training computes these measures after every epoch. The first one decides whether training improves.
WATCHED: dict[Measure, Callable[[Set, Set], float]] = {SWD: swd, SPREAD: spread}
