"""The folder of the smallest generator that starts from noise: grey pictures of 32x32, weights that learned nothing."""

from pathlib import Path

from pix2pix import params
from pix2pix.models import about
from pix2pix.networks import folder
from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.from_noise import generator
from pix2pix.params.systems.dcgan import Dcgan

DATA = {"dataset": "bricks", "task": "pictures", "palette": "none", "direction": "left_to_right", "image_size": 32}
SIZE = 5


def settings(**data) -> params.Params:
    """The parameters of its training."""
    section = params.Data(**DATA | {"target_channels": 1} | data)
    return params.Params(data=section, model=Dcgan(noise_size=SIZE, generator_filters=4, discriminator_filters=4))


def save_sampler(path: Path, **data) -> Path:
    """Write the folder; `data` is what its `data` section has otherwise."""
    asked = settings(**data)
    target = about.of(asked, "0123456789abcdef", 7, "last").task.target
    made = generator((target.height, target.width), Style(1), SIZE, filters=4, channels=target.channels)
    folder.save(made, path, about.of(asked, "0123456789abcdef", 7, "last").told())
    return path
