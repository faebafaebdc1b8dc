"""Systems with fewer blocks, where what is tested does not depend on their number: a graph of many takes seconds."""

from functools import partial
from types import SimpleNamespace


def build() -> None:
    """Have this process build ResNet generators of one block, and SPADE and OASIS of two blocks in each network."""
    from pix2pix.networks.discriminators import pixels
    from pix2pix.networks.generators import resnet, spade
    from pix2pix.systems import cyclegan, pix2pixhd

    cyclegan._BLOCKS["resnet_6"] = 1
    pix2pixhd.resnet = SimpleNamespace(generator=partial(resnet.generator, blocks=1))
    spade.SPADE = spade.OASIS = ((2, False), (1, True))
    pixels._WIDTHS = (1, 1)
