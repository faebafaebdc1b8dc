import keras
import numpy as np
from keras import layers

from pix2pix.networks.folding import folded
from pix2pix.networks.segmenter import segmenter


def learned(model, seed=0):
    """The model with weights that are far from the first ones."""
    random = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(random.uniform(0.5, 1.5, weight.shape) * random.choice([1, 0.25]))
    return model


def test_the_segmenter_answers_alike():
    model = learned(segmenter(classes=5, filters=2))
    photo = np.random.default_rng(1).uniform(-1, 1, (2, 32, 48, 3)).astype(np.float32)
    given, wanted = folded(model)(photo, training=False), model(photo, training=False)
    np.testing.assert_allclose(given, wanted, rtol=1e-4)
    assert not [layer for layer in folded(model).layers if isinstance(layer, layers.BatchNormalization)]


def test_a_depthwise_convolution_is_folded():
    model = learned(segmenter(classes=3, backbone="efficientnet_lite0"))
    photo = np.random.default_rng(1).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(folded(model)(photo, training=False), model(photo, training=False), rtol=1e-3)


def test_factor_and_offset_of_a_channel_by_hand():
    picture = keras.Input((1, 1, 1))
    convolved = layers.Conv2D(1, 1, use_bias=False)(picture)
    model = keras.Model(picture, layers.BatchNormalization(epsilon=0.25)(convolved))
    # Kernel 3; γ 4, β 1, mean 2, variance 3.75: (3 x - 2) / sqrt(3.75 + 0.25) * 4 + 1 = 6 x - 3.
    model.set_weights(
        [np.full(weight.shape, value) for weight, value in zip(model.weights, (3, 4, 1, 2, 3.75), strict=True)]
    )
    used = folded(model)
    assert [weight.item() for weight in used.get_weights()] == [6, -3]
    assert used(np.full((1, 1, 1, 1), 5.0)).numpy().item() == 27


def test_a_network_without_normalisation_is_copied():
    model = segmenter(classes=3, backbone="vgg16")
    for one, other in zip(folded(model).get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
