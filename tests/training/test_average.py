import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pix2pix.training.average import Average


def network():
    inputs = keras.Input((2,))
    x = layers.BatchNormalization(name="norm")(layers.Dense(1, use_bias=False, name="dense")(inputs))
    return keras.Model(inputs, layers.Dropout(0.5, seed=0, name="dropout")(x))


def test_the_average_by_hand():
    """The share that is kept is 2/11, 3/12, … until it reaches the decay."""
    source = network()
    average = Average(source, 0.3)
    kernels = [source.layers[1].kernel.numpy()]
    expected = kernels[0]
    for number in range(1, 7):
        source.layers[1].kernel.assign_add([[1.0], [number]])
        kept = min(0.3, (1 + number) / (10 + number))
        expected = kept * expected + (1 - kept) * source.layers[1].kernel.numpy()
        average.follow(tf.constant(number, tf.int64))
        np.testing.assert_allclose(average.model.layers[1].kernel, expected, rtol=1e-5)
    assert kept == 0.3


def test_moving_statistics_are_those_of_the_network():
    source = network()
    average = Average(source, 0.999)
    source.layers[2].moving_mean.assign([5.0])
    average.follow(tf.constant(1))
    assert float(average.model.layers[2].moving_mean[0]) == 5


@pytest.mark.parametrize("decay", [0.5, 0.999])
def test_it_begins_with_the_weights_of_the_network(decay):
    source = network()
    for weight in source.weights:
        weight.assign(weight + 1)
    average = Average(source, decay)
    assert all(np.array_equal(*pair) for pair in zip(average.model.weights, source.weights, strict=True))
    assert average.model is not source and average.source is source
