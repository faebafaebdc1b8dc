"""The smallest generator's folder: pictures of 32x32, weights that have learned nothing. And pictures for it."""

from pathlib import Path
from typing import Any

import numpy as np

from pix2pix.base.pictures import save_png
from pix2pix.networks import folder
from pix2pix.networks.generators.unet import generator

ABOUT = {"fingerprint": "0123456789abcdef", "direction": "right_to_left", "palette": "cmp", "image_size": 32}


def save_generator(path: Path, **about: Any) -> Path:
    """Write the folder; `about` is what it says besides `ABOUT`, or otherwise."""
    folder.save(generator((32, 32), filters=4), path, ABOUT | about)
    return path


def noise(width: int = 32, height: int = 32, seed: int = 0) -> np.ndarray:
    """A uint8 RGB picture."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def png(path: Path | str, width: int = 32, height: int = 32, seed: int = 0) -> np.ndarray:
    """The same, written to a file."""
    picture = noise(width, height, seed)
    save_png(Path(path), picture)
    return picture
