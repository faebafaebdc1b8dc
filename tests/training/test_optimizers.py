import keras
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.training.optimizers import Adam


@pytest.mark.parametrize(("rate", "beta_1"), [(2e-4, 0.5), (1e-2, 0.9)])
def test_it_is_keras_adam(rate, beta_1):
    """Weights and state after several steps; changed step size included."""
    ends = []
    for kind in (keras.optimizers.Adam, Adam):
        random = np.random.default_rng(0)
        weights = [keras.Variable(random.normal(size=shape)) for shape in ((3, 4), (5,))]
        optimizer = kind(rate, beta_1=beta_1)
        optimizer.build(weights)
        for number in range(5):
            gradients = [tf.constant(random.normal(size=weight.shape), tf.float32) for weight in weights]
            optimizer.apply_gradients(zip(gradients, weights, strict=True))
            optimizer.learning_rate.assign(rate / (number + 1))
        ends.append([*weights, *optimizer.variables])
    assert len(ends[0]) == len(ends[1])
    for theirs, ours in zip(*ends, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-7)
