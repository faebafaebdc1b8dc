"""The neutral values against the losses themselves, at a discriminator that says 1/2 everywhere."""

import math

import pytest
import tensorflow as tf

from pix2pix.losses.adversarial import CROSS_ENTROPY, share_judged
from pix2pix.params import Pix2pix
from pix2pix.systems.pix2pix_curves import pix2pix_curves
from pix2pix.training.curves import having, judge

ALONE = pix2pix_curves(Pix2pix(loss="l1"), 1.0)


def by_key(rule="sum"):
    return {curve.key: curve for curve in pix2pix_curves(Pix2pix(discriminator_loss=rule), 100.0)}


def test_the_columns_have_an_order():
    assert list(by_key()) == [
        "generator_total", "generator_gan", "generator_l1", "discriminator_loss", "discriminator_real",
        "discriminator_fake", "discriminator_accuracy_real", "discriminator_accuracy_fake",
        "generator_gradient_norm", "discriminator_gradient_norm",
    ]  # fmt: skip
    assert [curve.key for curve in ALONE] == ["generator_total", "generator_l1", "generator_gradient_norm"]


@pytest.mark.parametrize(("rule", "weight"), [("sum", 1.0), ("mean", 0.5)])
def test_neutral_is_what_an_undecided_discriminator_has(rule, weight):
    undecided = tf.zeros((1, 30, 30, 1))
    real, fake = (float(CROSS_ENTROPY.of(undecided, real)) for real in (True, False))
    curves = by_key(rule)
    assert curves["discriminator_real"].neutral == pytest.approx(real)
    assert curves["discriminator_fake"].neutral == pytest.approx(fake)
    assert curves["discriminator_loss"].neutral == pytest.approx(weight * (real + fake))
    assert curves["generator_gan"].neutral == pytest.approx(real)
    assert curves["discriminator_loss"].neutral_name == {"sum": "2 ln 2", "mean": "ln 2"}[rule]


def test_guessing_is_right_half_of_the_time():
    logits = tf.constant([-1.0, 1.0, -2.0, 3.0])
    for key, real in (("discriminator_accuracy_real", True), ("discriminator_accuracy_fake", False)):
        assert by_key()[key].neutral == float(share_judged(logits, real))


def test_the_distance_says_how_much_it_counts():
    for curves, weight in ((pix2pix_curves(Pix2pix(), 7.0), 7.0), (ALONE, 1.0)):
        (distance,) = having(curves, "distance")
        assert (distance.weight, distance.measure, distance.factor) == (weight, "l1", 0.5)


def test_only_a_discriminator_judges():
    assert judge(ALONE) is None
    assert judge(list(by_key().values())) == "discriminator"
    assert by_key()["discriminator_loss"].neutral == 2 * math.log(2)
