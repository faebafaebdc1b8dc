"""The smallest generator's folder: pictures of 32x32, weights that have learned nothing. And pictures for it."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from pix2pix import params
from pix2pix.base.pictures import save_png
from pix2pix.models import about
from pix2pix.models.about import About
from pix2pix.networks import folder
from pix2pix.networks.generators.unet import generator


def about_tiny(**data: Any) -> About:
    """What is said of a generator that was trained with this `data` section; labels to photos of 32x32 by default."""
    return about.of(params.Params(data=params.Data(**{"image_size": 32} | data)), "0123456789abcdef", 7, "last")


ABOUT = about_tiny()


def save_generator(path: Path, said: dict[str, Any] | None = None, **data: Any) -> Path:
    """Write the folder; see `about_tiny`. `said` is what its about.json says otherwise."""
    made = about_tiny(**data)
    size = made.task.input.height, made.task.input.width
    channels = made.task.input.channels, made.task.target.channels
    folder.save(generator(size, filters=4, channels=channels), path, made.told() | (said or {}))
    return path


def speaking(model: keras.Model) -> keras.Model:
    """Give a network weights with which all of it speaks, whatever it is normalised by; it is returned."""
    random = np.random.default_rng(0)
    for layer in model.layers:
        layer.set_weights([random.uniform(0.5, 2, w.shape) if w.ndim == 1 else w * 5 for w in layer.get_weights()])
    return model


def noise(width: int = 32, height: int = 32, seed: int = 0) -> np.ndarray:
    """A uint8 RGB picture."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def png(path: Path | str, width: int = 32, height: int = 32, seed: int = 0) -> np.ndarray:
    """The same, written to a file."""
    picture = noise(width, height, seed)
    save_png(Path(path), picture)
    return picture
