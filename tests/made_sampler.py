"""Folders of the smallest generators that start from noise: pictures of 32x32, weights that learned nothing."""

from pathlib import Path

from pix2pix import params
from pix2pix.models import about
from pix2pix.networks import folder
from pix2pix.networks.blocks import Style
from pix2pix.networks.generators.from_noise import generator
from pix2pix.params.systems.cgan import Cgan
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


LABELLED = {"dataset": "sample", "task": "labelled", "attribute": "shop", "palette": "none", "image_size": 32}


def settings_with_classes(**data) -> params.Params:
    """The parameters of a training with the classes `no shop` and `shop`; `data` is what its section has otherwise."""
    model = Cgan(noise_size=SIZE, generator_filters=4, discriminator_filters=4)
    return params.Params(data=params.Data(**LABELLED | data), model=model)


def save_sampler_with_classes(path: Path, **data) -> Path:
    """Write the folder of a generator that is told a class."""
    asked = settings_with_classes(**data)
    said = about.of(asked, "0123456789abcdef", 7, "last")
    target = said.task.target
    size, classes = (target.height, target.width), len(said.classes)
    made = generator(size, Style(1, glorot=True), SIZE, 4, target.channels, classes, most=2, output_bias=True)
    folder.save(made, path, said.told())
    return path
