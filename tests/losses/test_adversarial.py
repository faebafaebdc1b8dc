import numpy as np
import pytest
import tensorflow as tf

from pix2pix.losses.adversarial import real_or_generated
from pix2pix.losses.reconstruction import l1


def test_a_discriminator_that_cannot_tell_costs_ln_2():
    for real in (True, False):
        assert float(real_or_generated(tf.zeros((2, 3, 3, 1)), real)) == pytest.approx(0.6931472)


@pytest.mark.parametrize("real", [True, False])
def test_cross_entropy_of_the_sigmoid(real):
    logits = np.random.default_rng(0).normal(0, 3, (2, 4, 4, 1))
    probability = 1 / (1 + np.exp(-logits))
    expected = -np.log(probability if real else 1 - probability).mean()
    assert float(real_or_generated(tf.constant(logits, tf.float32), real)) == pytest.approx(expected, rel=1e-5)


def test_a_sure_and_wrong_discriminator_costs_its_logit_and_not_infinity():
    assert float(real_or_generated(tf.fill((1, 2, 2, 1), -500.0), real=True)) == pytest.approx(500)
    assert float(real_or_generated(tf.fill((1, 2, 2, 1), -500.0), real=False)) == pytest.approx(0)


def test_l1_by_hand():
    target = tf.constant([[-1.0, 1.0], [0.0, 0.5]])
    generated = tf.constant([[1.0, 1.0], [-0.5, 0.0]])
    assert float(l1(target, generated)) == pytest.approx((2 + 0 + 0.5 + 0.5) / 4)
    assert float(l1(generated, target)) == pytest.approx(0.75)
