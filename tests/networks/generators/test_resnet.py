"""The residual generator: parameters as in the authors' code, and what each padding and layer does."""

import by_hand
import keras
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.data.labels import palette
from pix2pix.networks import folder
from pix2pix.networks.blocks import InstanceStyle
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.generators import resnet, unet
from pix2pix.networks.inference import GeneratorInUse

STYLE = InstanceStyle(0, 0.2, 1e-5)


def tiny(**options):
    return resnet.generator((32, 64), STYLE, filters=2, blocks=2, **options)


@pytest.mark.parametrize(("blocks", "parameters"), [(9, 11_378_179), (6, 7_837_699)])
def test_the_authors_networks_have_as_many_parameters(blocks, parameters):
    """Their code prints 11.378 M and 7.838 M."""
    # Convolutions of 7x7, 3x3 and 7x7 with a bias each; instance normalisation has no parameters.
    bodies = 2 * blocks * (9 * 256 * 256 + 256)
    ends = (49 * 3 + 1) * 64 + (9 * 64 + 1) * 128 + (9 * 128 + 1) * 256
    ends += (9 * 256 + 1) * 128 + (9 * 128 + 1) * 64 + (49 * 64 + 1) * 3
    assert resnet.generator(blocks=blocks).count_params() == bodies + ends == parameters


def test_the_authors_discriminator_has_as_many_parameters():
    judge = discriminator(style=STYLE, conditional=False)
    assert judge.count_params() == 2_764_737 and judge.output_shape == (None, 30, 30, 1)


def test_a_u_net_of_this_style_has_biases_and_no_parameters_of_norms():
    """Its first and its innermost map have no norm, and without dropout nothing is random."""
    model = unet.generator((64, 64), STYLE, filters=2, dropout=False, name="back")
    kinds = {type(layer).__name__ for layer in model.layers}
    assert "InstanceNorm" in kinds and not kinds & {"Norm", "Dropout"} and model.name == "back"
    assert all(layer.use_bias for layer in model.layers if hasattr(layer, "kernel"))
    assert {weight.path.rpartition("/")[2] for weight in model.weights} == {"kernel", "bias"}


def test_pictures_keep_their_size_and_channels_are_those_asked_for():
    model = tiny(channels=(1, 4))
    made = model(np.random.default_rng(0).uniform(-1, 1, (2, 32, 64, 1)))
    assert made.shape == (2, 32, 64, 4) and float(tf.reduce_max(tf.abs(made))) <= 1


def test_the_name_decides_the_first_weights():
    one, again, other = tiny(), tiny(), tiny(name="back")
    for first, second, third in zip(one.weights, again.weights, other.weights, strict=True):
        assert np.array_equal(first, second)
        assert "bias" in first.path or not np.array_equal(first, third)


def test_strided_layers_pad_as_torch_does():
    """By Torch's documentation: Conv2d(3, stride 2, padding 1), and ConvTranspose2d with an output_padding of 1.

    A column i of the small map belongs to the columns 2 i - 1, 2 i and 2 i + 1 of the large one.
    """
    model = tiny()
    start = model.get_layer("enter_relu").output
    down = keras.Model(start, model.get_layer("down_1_conv").output)
    given = np.random.default_rng(3).normal(size=(1, 32, 64, 2)).astype(np.float32)
    kernel, padded = model.get_layer("down_1_conv").kernel.numpy(), np.pad(given, ((0, 0), (1, 1), (1, 1), (0, 0)))
    by_hand = sum(
        padded[:, row : row + 32 : 2, column : column + 64 : 2] @ kernel[row, column]
        for row in range(3)
        for column in range(3)
    )
    np.testing.assert_allclose(down(given), by_hand, atol=1e-5)

    up = keras.Model(model.get_layer("up_1_relu").output, model.get_layer("up_2_crop").output)
    given = np.random.default_rng(4).normal(size=(1, 16, 32, 4)).astype(np.float32)
    kernel = model.get_layer("up_2_conv").kernel.numpy()  # (3, 3, made, given)
    by_hand = np.zeros((1, 34, 66, 2), np.float32)  # with a line before the first, which is left out
    for row in range(3):
        for column in range(3):
            by_hand[:, row : row + 32 : 2, column : column + 64 : 2] += given @ kernel[row, column].T
    np.testing.assert_allclose(up(given), by_hand[:, 1:33, 1:65], atol=1e-5)


def test_a_saved_network_is_keras_own_and_makes_the_same_pictures(tmp_path):
    model = tiny()
    folder.save(model, tmp_path / "generator", {})
    loaded, _ = folder.load(tmp_path / "generator")
    assert not [layer for layer in loaded.layers if not type(layer).__module__.startswith("keras.")]
    picture = np.random.default_rng(2).integers(0, 256, (32, 64, 3), dtype=np.uint8)
    scaled = picture[None] / np.float32(127.5) - 1
    expected = np.rint((model(scaled, training=True)[0].numpy() + 1) * 127.5)
    for used in (model, loaded):
        assert np.abs(GeneratorInUse(used)(picture, 0) - expected).max() <= 1


def test_the_parameters_of_pix2pixhds_global_generator():
    """Four halvings: the number that its code prints for Cityscapes, of 35 classes and edges, and that from RGB."""
    classes = palette({f"class {number}": (number, 2 * number, 255 - number) for number in range(35)})
    full = by_hand.parameters(lambda: resnet.generator((512, 512), halvings=4, classes=classes, instances=True))
    assert full == 182_546_755
    assert by_hand.parameters(lambda: resnet.generator((512, 512), halvings=4)) == 182_443_267
