import keras
import pytest
from keras import layers

from bench.flop import convolutions, step_flop
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators.unet import generator


def test_two_layers_counted_by_hand():
    """16x16 to 8x8 with 4 filters and back, then one 2x2 kernel on it: kernel x places x 2."""
    picture = keras.Input((16, 16, 3))
    inner = keras.Sequential([layers.Conv2D(4, 4, strides=2, padding="same", use_bias=False), layers.ReLU()])
    maker = keras.Model(picture, layers.Conv2DTranspose(3, 4, strides=2, padding="same")(inner(picture)))
    first, second = 2 * (4 * 4 * 3 * 4) * (8 * 8), 2 * (4 * 4 * 4 * 3) * (8 * 8)
    judge = keras.Model(picture, layers.Conv2D(1, 2, padding="valid")(picture))
    judged = 2 * (2 * 2 * 3 * 1) * (15 * 15)
    assert step_flop(maker, judge) == 3 * (first + second) - first + 2 * (3 * judged - judged) + judged


@pytest.mark.parametrize("size", [32, 256])
def test_all_convolutions_are_found(size):
    depth = size.bit_length() - 1
    assert len(list(convolutions(generator((size, size), filters=1)))) == 2 * depth
    assert len(list(convolutions(discriminator((size, size), filters=1)))) == 5
