"""OASIS' losses against NumPy, pixel by pixel."""

import numpy as np
import pytest
import tensorflow as tf

from pix2pix.losses import segmenting_judge as game

RANDOM = np.random.default_rng(0)
# Twelve pixels: classes 0 and 1, one pixel of class 3, one without a class; nobody has class 2.
IDS = np.array([[0, 0, 0, 0], [0, 0, 1, 1], [1, 1, 3, -1]])[None]
CLASSES = tf.constant((IDS[..., None] == np.arange(4)).astype(np.float32))
REAL, FAKE, MIXED = RANDOM.normal(size=(3, 1, 3, 4, 5))


def log_probabilities(logits):
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def test_all_classes_that_are_there_count_alike():
    counts, total = {0: 6, 1: 4, 3: 1}, 0.0
    for index in np.ndindex(IDS.shape):
        class_id = IDS[index]
        if class_id >= 0:
            total -= 12 / (3 * counts[class_id]) * log_probabilities(REAL)[index][class_id + 1]
    assert float(game.as_classes(tf.constant(REAL, tf.float32), CLASSES)) == pytest.approx(total / 12, rel=1e-5)


def test_pixels_without_a_class_in_the_whole_batch_cost_nothing():
    assert float(game.as_classes(tf.constant(REAL, tf.float32), tf.zeros_like(CLASSES))) == 0


def test_generated_pixels_have_a_class_of_their_own():
    by_hand = -log_probabilities(FAKE)[..., 0].mean()
    assert float(game.as_generated(tf.constant(FAKE, tf.float32))) == pytest.approx(by_hand, rel=1e-5)


def test_a_mask_takes_whole_classes():
    mask = game.mask(CLASSES, tf.constant([0.4, 0.6, 0.1, 0.2])).numpy()[0, ..., 0]
    np.testing.assert_array_equal(mask, np.isin(IDS[0], [0, 3]))


def test_what_is_said_of_a_mixture_should_be_the_mixture():
    mask = tf.constant(RANDOM.integers(0, 2, (1, 3, 4, 1)), tf.float32)
    real, fake, both = (tf.constant(logits, tf.float32) for logits in (REAL, FAKE, MIXED))
    wanted = np.where(mask.numpy() == 1, REAL, FAKE)
    np.testing.assert_allclose(game.mixed(mask, real, fake), wanted, rtol=1e-6)
    assert float(game.inconsistency(mask, real, fake, both)) == pytest.approx(((wanted - MIXED) ** 2).mean(), rel=1e-5)


def test_shares_that_are_read_right():
    right, found = game.shares_judged(tf.constant(REAL, tf.float32), tf.constant(FAKE, tf.float32), CLASSES)
    with_class = IDS[0] >= 0
    assert float(right) == pytest.approx((REAL.argmax(-1) - 1 == IDS)[0][with_class].mean())
    assert float(found) == pytest.approx((FAKE.argmax(-1) == 0).mean())
