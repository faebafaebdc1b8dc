"""The networks of DCGAN and of the conditional GAN: their counts are the book's, as is their form."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminators.whole import discriminator
from pix2pix.networks.generators.from_noise import generator
from pix2pix.networks.halvings import halvings
from pix2pix.networks.inference import inference_form
from pix2pix.networks.regularised import regularised

STYLE = Style(0, leaky_slope=0.2, norm_momentum=0.9, glorot=True)


def trained(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_the_discriminator_has_the_books_parameters():
    model = regularised(discriminator(style=STYLE), dropout=0.3)
    assert (model.count_params(), trained(model)) == (2_765_312, 2_763_520)
    assert model.output_shape == (None, 1, 1, 1)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert [kinds.count(kind) for kind in ("Dropout", "LeakyReLU", "Norm")] == [4, 4, 3]


def test_the_generator_is_its_mirror():
    model = generator(style=STYLE)
    # Kernels of 4x4: 100 -> 512 -> 256 -> 128 -> 64 -> 1, and four values for each channel that is normalised.
    kernels = 16 * (100 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64)
    assert model.count_params() == kernels + 4 * (512 + 256 + 128 + 64) == 3_576_576
    assert (model.input_shape, model.output_shape) == ((None, 100), (None, 64, 64, 1))


def critic(**options) -> keras.Model:
    return discriminator(style=replace(STYLE, bias=True), channels=3, norm=False, classes=2, most=2, **options)


def test_the_conditional_networks_have_the_books_parameters():
    """Kernels of 4x4, and a bias for each filter; the critic sees two planes beside RGB, the generator 34 values."""
    judged, made = critic(), generator(style=STYLE, noise=32, channels=3, classes=2, most=2, output_bias=True)
    kernels = 16 * (5 * 64 + 64 * 128 + 128 * 128 + 128 * 128 + 128)
    assert judged.count_params() == trained(judged) == kernels + (64 + 3 * 128 + 1) == 662_977
    kernels = 16 * (34 * 128 + 128 * 128 + 128 * 128 + 128 * 64 + 64 * 3)
    assert made.count_params() == kernels + 4 * (3 * 128 + 64) + 3 == 729_859
    assert trained(made) == 729_859 - 2 * (3 * 128 + 64)
    assert [tuple(each.shape) for each in made.inputs] == [(None, 32), (None,)]
    assert (made.output_shape, judged.output_shape) == ((None, 64, 64, 3), (None, 1, 1, 1))


def test_the_critics_first_block_has_no_dropout():
    names = [layer.name for layer in regularised(critic(filters=2), 0.3, spared=1).layers]
    assert [name for name in names if "dropout" in name] == [f"down_{level}_leaky_dropout" for level in (2, 3, 4)]


@pytest.mark.parametrize(
    ("size", "depth"), [((32, 32), 3), ((64, 64), 4), ((96, 96), 4), ((128, 128), 5), ((64, 128), 4), ((288, 288), 5)]
)
def test_other_sizes_have_more_or_fewer_blocks(size, depth):
    assert halvings(size) == depth
    made, judged = generator(size, filters=2, noise=3, channels=3), discriminator(size, filters=2, channels=3)
    assert made.output_shape == (None, *size, 3)
    assert judged.output_shape == (None, 1, 1, 1)


def book_discriminator() -> keras.Model:
    """The book's code (chapter 4), with fewer filters and without dropout, whose masks are random."""
    given = x = layers.Input((64, 64, 1))
    for number, filters in enumerate((4, 8, 16, 32)):
        x = layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x) if number else x
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(1, 4, strides=1, padding="valid", use_bias=False)(x)
    return keras.Model(given, x)


def book_generator() -> keras.Model:
    given = layers.Input((5,))
    x = layers.Reshape((1, 1, 5))(given)
    for number, filters in enumerate((32, 16, 8, 4)):
        strides, padding = (2, "same") if number else (1, "valid")
        x = layers.Conv2DTranspose(filters, 4, strides=strides, padding=padding, use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2DTranspose(1, 4, strides=2, padding="same", use_bias=False, activation="tanh")(x)
    return keras.Model(given, x)


@pytest.mark.parametrize(
    ("ours", "book"),
    [
        (lambda: discriminator(style=STYLE, filters=4), book_discriminator),
        (lambda: generator(style=STYLE, noise=5, filters=4), book_generator),
    ],
)
def test_they_compute_what_the_books_layers_compute(ours, book):
    ours, book = ours(), book()
    book.set_weights(ours.get_weights())
    given = tf.random.stateless_normal((3, *ours.input_shape[1:]), [1, 2])
    for training in (True, False):
        np.testing.assert_allclose(ours(given, training=training), book(given, training=training), atol=2e-5)
    for one, other in zip(ours.get_weights(), book.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)  # the moving statistics, too


@pytest.mark.parametrize("size", [(32, 32), (64, 64)])
def test_a_generator_in_use_computes_the_same_with_its_moving_averages(size):
    """At 32x32 the last layer is small enough for a matrix product, which has no tanh."""
    model = generator(size, STYLE, noise=5, filters=4)
    given = tf.random.stateless_normal((2, 5), [1, 2])
    model(given, training=True)
    used = inference_form(model, moving_averages=True)
    np.testing.assert_allclose(used(given, training=False), model(given, training=False), atol=1e-5)
