"""The distance of two answers, against numbers worked out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from pix2pix.losses.two_answers import answers_apart


def pictures(*values: float) -> tf.Tensor:
    """One flat picture of 2x2 for each value."""
    return tf.constant(np.ones((len(values), 2, 2, 3)) * np.reshape(values, (-1, 1, 1, 1)), tf.float32)


def test_it_is_the_mean_of_the_quotients() -> None:
    """0.5 / 0.25 and 0.2 / 0.4."""
    found = answers_apart(pictures(0.1, 0.3), pictures(-0.4, 0.5), tf.constant([0.25, 0.4]))
    assert float(found) == pytest.approx((2 + 0.5) / 2, rel=1e-4)


def test_equal_noises_leave_it_finite() -> None:
    assert float(answers_apart(pictures(0.1), pictures(0.1), tf.constant([0.0]))) == 0
