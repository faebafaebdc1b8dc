"""Weights of a form of a network: those by which the network computes."""

import keras
import numpy as np
from keras import layers

from pix2pix.networks.layers.spectral import spectral, without_norm
from pix2pix.networks.portable import portable
from pix2pix.networks.weights import copy_weights

PICTURES = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype(np.float32)


def network(kind):
    picture = keras.Input((8, 8, 3))
    x = kind(4, 3, padding="same", name="first")(picture)
    return keras.Model(picture, layers.Conv2D(2, 1, name="last")(x))


def test_a_normalised_kernel_becomes_a_plain_one():
    """Against NumPy's largest singular value; many calls have found it."""
    normalised, plain = network(spectral(layers.Conv2D)), network(layers.Conv2D)
    for _ in range(100):
        normalised(PICTURES, training=True)
    copy_weights(normalised, plain)
    own = next(weight for weight in normalised.get_layer("first").weights if weight.name == "kernel").numpy()
    largest = np.linalg.svd(own.reshape(-1, 4), compute_uv=False)[0]
    np.testing.assert_allclose(plain.get_layer("first").kernel, own / largest, rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(plain.get_layer("last").kernel, normalised.get_layer("last").kernel)
    np.testing.assert_allclose(plain(PICTURES), normalised(PICTURES), rtol=1e-4, atol=1e-5)


def test_a_portable_copy_has_no_norm_and_the_same_answers():
    normalised = network(spectral(layers.Conv2D))
    copy = portable(normalised)
    assert type(copy.get_layer("first")) is layers.Conv2D
    np.testing.assert_allclose(copy(PICTURES), normalised(PICTURES), rtol=1e-4, atol=1e-5)


def test_the_kind_without_its_norm():
    assert without_norm(spectral(layers.Dense)) is layers.Dense and without_norm(layers.ReLU) is layers.ReLU
