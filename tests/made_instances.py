"""Instance maps beside label maps: a task, and the smallest generator that reads both, in its folder."""

from pathlib import Path

import numpy as np

from pix2pix import params
from pix2pix.data import tasks
from pix2pix.data.labels import CMP
from pix2pix.models import about
from pix2pix.networks import folder
from pix2pix.networks.generators import spade
from pix2pix.networks.generators.spade import SpadeStyle
from pix2pix.params.systems.pix2pixhd import Pix2pixHD

DATA = params.Data(
    dataset="custom", path=str(Path(__file__).parent), direction="left_to_right", label_half="left", palette="cmp",
    inputs="labels", targets="photos", instances="instances", image_size=32,
)  # fmt: skip
TASK = tasks.task(DATA)


def ids(seed: int = 0, size: int = 32) -> np.ndarray:
    """An instance map of squares, uint16 `(size, size, 1)`; some neighbours have one id."""
    small = np.random.default_rng(seed).choice([7, 26001, 26002], (size // 4, size // 4, 1))
    return small.repeat(4, 0).repeat(4, 1).astype(np.uint16)


def save_generator(path: Path) -> Path:
    """Write the folder of a generator of 32x32 with weights that speak."""
    said = params.Params(data=DATA, model=Pix2pixHD(generator="spade"))
    blocks = (2, False), (1, True)
    made = spade.generator((32, 32), SpadeStyle(0, features=3), 2, blocks, classes=CMP, instances=True)
    for weight in made.trainable_weights:
        weight.assign(weight * 30)
    folder.save(made, path, about.of(said, "0123456789abcdef", 7, "last").told())
    return path
