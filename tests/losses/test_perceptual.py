import numpy as np
import pytest
import tensorflow as tf

from pix2pix.losses.perceptual import perceptual


def test_deeper_layers_weigh_more():
    """Of layers whose maps differ by 1, 2, 3, 4 and 5: 1/32 + 2/16 + 3/8 + 4/4 + 5."""
    real = [tf.zeros((2, side, side, 1)) for side in (16, 8, 4, 2, 1)]
    generated = [maps + number for number, maps in enumerate(real, start=1)]
    assert float(perceptual(real, generated)) == pytest.approx(1 / 32 + 2 / 16 + 3 / 8 + 4 / 4 + 5)
    assert float(perceptual(real, real)) == 0


def test_the_real_maps_learn_nothing():
    real, generated = ([tf.Variable(np.full((1, 1, 1, 1), value, np.float32))] * 5 for value in (0.0, 1.0))
    with tf.GradientTape() as tape:
        loss = perceptual(real, generated)
    slopes = tape.gradient(loss, [real[0], generated[0]])
    assert slopes[0] is None and float(slopes[1][0, 0, 0, 0]) == pytest.approx(1 / 32 + 1 / 16 + 1 / 8 + 1 / 4 + 1)
