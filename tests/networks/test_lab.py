"""Colours in Lab as a part of a network, against scikit-image."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage.color import lab2rgb, rgb2lab

from pix2pix.networks import folder, lab
from pix2pix.networks.generators.unet import generator
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.networks.precision import computing_in

GREY = np.arange(256, dtype=np.uint8).repeat(16).reshape(1, 64, 64, 1)
CHROMA = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 2)).astype(np.float32)


@pytest.fixture(scope="module")
def converter():
    grey, chroma = keras.Input((64, 64, 1)), keras.Input((64, 64, 2))
    return keras.Model([grey, chroma], lab.with_lightness(grey, chroma))


def to_network(picture):
    return tf.constant(picture / np.float32(127.5) - 1)


def expected(grey, chroma):
    """The same by scikit-image: sRGB, 0 to 1."""
    lightness = rgb2lab(grey.repeat(3, -1))[..., :1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # colours that sRGB does not have are cut off
        return lab2rgb(np.concatenate([lightness, lab.REACH * chroma.astype(np.float64)], -1))


def test_every_lightness_gets_the_colours_that_scikit_image_gives_it(converter):
    made = (converter([to_network(GREY), tf.constant(CHROMA)]).numpy() + 1) / 2
    assert np.abs(made - expected(GREY, CHROMA)).max() < 2e-5


def test_without_colours_the_picture_stays_the_same(converter):
    made = converter([to_network(GREY), tf.zeros_like(CHROMA)]).numpy()
    assert np.array_equal(np.rint((made + 1) * 127.5), GREY.repeat(3, -1))


def test_the_lightness_is_that_of_the_input_where_srgb_has_the_colour(converter):
    little = CHROMA / 20  # pale colours, which all but the darkest and the brightest greys can have
    made = (converter([to_network(GREY), tf.constant(little)]).numpy() + 1) / 2
    inside = (made > 1e-4).all(-1) & (made < 1 - 1e-4).all(-1)
    assert inside.mean() > 0.9
    apart = rgb2lab(made)[..., 0] - rgb2lab(GREY.repeat(3, -1))[..., 0]
    assert np.abs(apart[inside]).max() < 0.02  # of 100


def test_the_gradient_is_finite_everywhere_also_at_black_and_outside(converter):
    chroma = tf.Variable(CHROMA)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(converter([to_network(GREY), chroma]))
    gradient = tape.gradient(total, chroma).numpy()
    assert np.isfinite(gradient).all() and (gradient != 0).mean() > 0.5


def test_a_saved_generator_makes_the_same_rgb_from_parts_of_keras(tmp_path):
    made = generator((32, 32), filters=4, channels=(1, 3), keeps_lightness=True)
    folder.save(made, tmp_path / "model", {})
    loaded, _ = folder.load(tmp_path / "model")
    grey = np.random.default_rng(1).integers(0, 256, (32, 32, 1), np.uint8)
    assert loaded.output_shape == (None, 32, 32, 3)
    assert np.array_equal(GeneratorInUse(loaded)(grey, 0), GeneratorInUse(made)(grey, 0))


def test_in_bfloat16_the_conversion_computes_in_float32():
    made = generator((32, 32), filters=4, channels=(1, 3), keeps_lightness=True)
    low = computing_in("bfloat16", made)
    assert low.get_layer("output").compute_dtype == "float32"
    assert low.get_layer("down_1_conv").compute_dtype == "bfloat16"
    assert low(tf.zeros((1, 32, 32, 1))).dtype == tf.float32
