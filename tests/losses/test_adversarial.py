import numpy as np
import pytest
import tensorflow as tf

from pix2pix.losses.adversarial import CROSS_ENTROPY, share_judged
from pix2pix.losses.reconstruction import l1


def test_a_discriminator_that_cannot_tell_costs_ln_2():
    for real in (True, False):
        assert float(CROSS_ENTROPY.of(tf.zeros((2, 3, 3, 1)), real)) == pytest.approx(0.6931472)
    assert CROSS_ENTROPY.neutral.value == pytest.approx(0.6931472)


@pytest.mark.parametrize("real", [True, False])
def test_cross_entropy_of_the_sigmoid(real):
    logits = np.random.default_rng(0).normal(0, 3, (2, 4, 4, 1))
    probability = 1 / (1 + np.exp(-logits))
    expected = -np.log(probability if real else 1 - probability).mean()
    assert float(CROSS_ENTROPY.of(tf.constant(logits, tf.float32), real)) == pytest.approx(expected, rel=1e-5)


def test_a_sure_and_wrong_discriminator_costs_its_logit_and_not_infinity():
    assert float(CROSS_ENTROPY.of(tf.fill((1, 2, 2, 1), -500.0), True)) == pytest.approx(500)
    assert float(CROSS_ENTROPY.of(tf.fill((1, 2, 2, 1), -500.0), False)) == pytest.approx(0)


def test_l1_by_hand():
    target = tf.constant([[-1.0, 1.0], [0.0, 0.5]])
    generated = tf.constant([[1.0, 1.0], [-0.5, 0.0]])
    assert float(l1(target, generated)) == pytest.approx((2 + 0 + 0.5 + 0.5) / 4)
    assert float(l1(generated, target)) == pytest.approx(0.75)


@pytest.mark.parametrize(("real", "share"), [(True, 0.375), (False, 0.625)])
def test_a_logit_of_0_is_half_on_either_side(real, share):
    assert float(share_judged(tf.constant([-2.0, -1e-3, 0.0, 3.0]), real)) == share
