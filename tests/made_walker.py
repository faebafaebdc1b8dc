"""Folders of the smallest bridges: pictures of 32x32, weights that speak but have learned nothing."""

from pathlib import Path

import numpy as np

from pix2pix import params
from pix2pix.models import about
from pix2pix.networks import folder
from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.timed_unet import generator
from pix2pix.params.systems.bridge import Bridge

MODEL = Bridge(generator_filters=2, generator_depth=2, steps=3, noise_level=0.5)


def about_walker(**data) -> about.About:
    """What is said of it; `data` is what its `data` section has besides."""
    asked = params.Params(data=params.Data(**{"image_size": 32} | data), model=MODEL)
    return about.of(asked, "0123456789abcdef", 7, "last")


def network(**data):
    """Its network; see `about_walker`."""
    task = about_walker(**data).task
    size = task.input.height, task.input.width
    made = generator(size, Style(1), 2, 2, (task.input.channels, task.target.channels))
    random = np.random.default_rng(0)
    for weight in made.trainable_weights:  # some of them begin with 0
        weight.assign(random.uniform(-0.4, 0.4, weight.shape))
    return made


def save_walker(path: Path, **data) -> Path:
    """Write the folder; see `about_walker`."""
    folder.save(network(**data), path, about_walker(**data).told())
    return path
