import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.networks.blocks import Style
from pix2pix.networks.discriminators.patch import discriminator
from pix2pix.networks.precision import computing_in
from pix2pix.networks.regularised import regularised


def plain():
    return discriminator((32, 32), Style(seed=1), filters=4, receptive_field=16)


PICTURES = [tf.constant(np.random.default_rng(n).uniform(-1, 1, (2, 32, 32, 3)), tf.float32) for n in (0, 1)]


def test_without_a_remedy_it_is_the_same_model():
    model = plain()
    assert regularised(model) is model


def test_dropout_follows_each_hidden_activation_and_acts_in_training_only():
    model = plain()
    dropped = regularised(model, dropout=0.3)
    activations = [layer for layer in model.layers if isinstance(layer, layers.LeakyReLU)]
    found = [layer for layer in dropped.layers if isinstance(layer, layers.Dropout)]
    assert [layer.name for layer in found] == [f"{layer.name}_dropout" for layer in activations]
    assert {layer.rate for layer in found} == {0.3}
    np.testing.assert_array_equal(dropped(PICTURES), model(PICTURES))
    assert not np.allclose(dropped(PICTURES, training=True), model(PICTURES, training=True))


def test_every_kernel_is_normalised_from_the_same_first_weights():
    model = plain()
    normalised = regularised(model, spectral_norm=True)
    kernels = {weight.path: weight for weight in normalised.trainable_weights}
    assert [weight.path for weight in normalised.trainable_weights] == [w.path for w in model.trainable_weights]
    assert all(np.array_equal(kernels[weight.path], weight) for weight in model.trainable_weights)
    directions = [weight for weight in normalised.non_trainable_weights if weight.path.endswith("direction")]
    assert len(directions) == len([layer for layer in model.layers if isinstance(layer, layers.Conv2D)])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_both_remedies_survive_a_change_of_precision(precision):
    model = computing_in(precision, regularised(plain(), 0.2, True), False)
    logits = model(PICTURES, training=True)
    assert logits.dtype == "float32" and np.isfinite(logits).all()
    assert sum(isinstance(layer, layers.Dropout) for layer in model.layers) == 2


def test_a_dense_critic_is_regularised_too():
    inputs = keras.Input((4,))
    model = keras.Model(
        inputs, layers.Dense(1, name="out")(layers.ReLU(name="hidden")(layers.Dense(3, name="a")(inputs)))
    )
    critic = regularised(model, 0.5, True)
    assert [layer.name for layer in critic.layers[1:]] == ["a", "hidden", "hidden_dropout", "out"]
    assert len(critic.non_trainable_weights) == 2
