"""The pictures of a pair as files, and several of them side by side."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from pix2pix.base.pictures import grid, load_rgb, save_png
from pix2pix.base.shown import shown

Image = NDArray[np.uint8]
KINDS = ("input", "generated", "real", "segmentation", "truth", "error", "nearest", "again")
# Beside them, of a model that starts from noise: rows of pictures between two noises each.
INTERPOLATIONS = "interpolation.png"
# Beside them, of a model that draws random numbers: its answers to an input, in one row of `pictures.grid`.
ANSWERS = "answers"
# The mean error over the channels, from 0 to 1, at which the error map is brightest.
BRIGHTEST = 0.5


def save(folder: Path, pair: str, pictures: dict[str, NDArray[Any]], paired: bool = True) -> None:
    """Write the pictures of a pair, by kind, and their error map as `<id>-<kind>.png`; each / in the id becomes -.

    Without pairs, or without an input, the real picture is no target of the generated one, so there is no error map.

    Pictures of other channels and bits than 8-bit RGB are written as they are shown; see `shown`.
    """
    told = {kind: shown(picture) for kind, picture in pictures.items()}
    if "real" in told and "input" in told and paired:
        told["error"] = error_map(told["real"], told["generated"])
    for kind, picture in told.items():
        save_png(path(folder, pair, kind), picture)


def load(folder: Path, pair: str, kind: str) -> Image:
    """A saved picture, uint8 RGB."""
    return load_rgb(path(folder, pair, kind))


def row(folder: Path, pair: str) -> Image:
    """The saved pictures of a pair side by side, in the order of `KINDS`."""
    return grid([[load(folder, pair, kind) for kind in KINDS if path(folder, pair, kind).exists()]])


def error_map(real: Image, generated: Image) -> Image:
    """Where two uint8 RGB pictures differ: black for no difference, light yellow for `BRIGHTEST` and more."""
    error = np.abs(real.astype(np.int16) - generated).mean(axis=2) / 255
    return colormaps["inferno"](np.minimum(error / BRIGHTEST, 1), bytes=True)[..., :3]


def path(folder: Path, pair: str, kind: str) -> Path:
    """The file of a picture of a pair."""
    return folder / f"{pair.replace('/', '-')}-{kind}.png"
