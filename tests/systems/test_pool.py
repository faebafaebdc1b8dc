"""The pool of earlier pictures, against the authors' code written in NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from pix2pix.systems.pool import Pool
from pix2pix.training.draw import Draw

SHAPE = (2, 3, 1)


class ByHand:
    """`ImagePool.query` of the authors, for one picture at a time; `drawn` are the two random numbers."""

    def __init__(self, size):
        self.size, self.images = size, []

    def query(self, image, drawn):
        if len(self.images) < self.size:
            self.images.append(image)
            return image
        if drawn[0] > 0.5:
            place = int(drawn[1] * self.size)
            earlier, self.images[place] = self.images[place], image
            return earlier
        return image


def batch(step, count):
    return np.random.default_rng(step).normal(size=(count, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize("count", [1, 3])
def test_it_gives_back_what_the_authors_pool_does(count):
    size = 4
    pool, by_hand, swapped = Pool("pool", size, SHAPE), ByHand(size), 0
    exchanged = tf.function(lambda pictures, step: pool.exchanged(pictures, Draw(7, step)))
    for step in range(12):
        given, number = batch(step, count), tf.constant(step, tf.int64)
        drawn = Draw(7, number).uniform("pool", (count, 2)).numpy()
        expected = [by_hand.query(image, each) for image, each in zip(given, drawn, strict=True)]
        found = exchanged(given, number).numpy()
        np.testing.assert_array_equal(found, expected)
        swapped += int((found != given).any())
        np.testing.assert_array_equal(pool.memory["pool"][: len(by_hand.images)], by_hand.images)
        assert int(pool.memory["pool_filled"]) == len(by_hand.images)
    assert swapped > 2  # of the steps some gave back earlier pictures


def test_half_of_the_pictures_are_exchanged_and_every_place_is_used():
    pool = Pool("pool", 3, SHAPE)
    answers = [pool.exchanged(batch(step, 1), Draw(0, tf.constant(step, tf.int64))).numpy() for step in range(400)]
    new = np.mean([np.array_equal(answer, batch(step, 1)) for step, answer in enumerate(answers)])
    assert 0.42 < new < 0.58  # four standard deviations are 0.1
    assert len({pool.memory["pool"][place].numpy().tobytes() for place in range(3)}) == 3


def test_a_pool_of_none_gives_back_what_it_gets_and_remembers_nothing():
    pool = Pool("pool", 0, SHAPE)
    assert pool.memory == {}
    given = batch(0, 2)
    np.testing.assert_array_equal(pool.exchanged(tf.constant(given), Draw(0, tf.constant(0, tf.int64))), given)


@pytest.mark.parametrize("size", [0, 2])
def test_no_gradient_goes_through_it(size):
    pool, given = Pool("pool", size, SHAPE), tf.Variable(batch(0, 1))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(pool.exchanged(given, Draw(0, tf.constant(0, tf.int64))))
    assert tape.gradient(loss, given) is None
