"""The neutral values against the losses themselves, at a discriminator that says 1/2 everywhere."""

import math

import pytest
import tensorflow as tf

from pix2pix.losses.adversarial import real_or_generated, share_judged
from pix2pix.systems.pix2pix_curves import pix2pix_curves
from pix2pix.training.curves import having, judge
from pix2pix.training.progress import COLUMNS
from pix2pix.training.step import ADVERSARIAL, ALONE

LOSSES = ("cgan+l1", "gan+l1", "cgan", "l1")


def by_key(loss="cgan+l1", rule="sum", weight=100.0):
    return {curve.key: curve for curve in pix2pix_curves(loss, rule, weight)}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_table_has_a_row_for_all_that_a_step_measures(loss):
    measured = {*ALONE, *(() if loss == "l1" else ADVERSARIAL)}
    assert set(by_key(loss)) == measured
    assert list(by_key(loss)) == [name for name in COLUMNS if name in measured]


@pytest.mark.parametrize(("rule", "weight"), [("sum", 1.0), ("mean", 0.5)])
def test_neutral_is_what_an_undecided_discriminator_has(rule, weight):
    undecided = tf.zeros((1, 30, 30, 1))
    real, fake = (float(real_or_generated(undecided, real)) for real in (True, False))
    curves = by_key(rule=rule)
    assert curves["discriminator_real"].neutral == pytest.approx(real)
    assert curves["discriminator_fake"].neutral == pytest.approx(fake)
    assert curves["discriminator_loss"].neutral == pytest.approx(weight * (real + fake))
    assert curves["generator_gan"].neutral == pytest.approx(real)
    assert curves["discriminator_loss"].neutral_name == {"sum": "2 ln 2", "mean": "ln 2"}[rule]


def test_guessing_is_right_half_of_the_time():
    logits = tf.constant([-1.0, 1.0, -2.0, 3.0])
    for key, real in (("discriminator_accuracy_real", True), ("discriminator_accuracy_fake", False)):
        assert by_key()[key].neutral == float(share_judged(logits, real))


@pytest.mark.parametrize(("loss", "weight"), [("cgan+l1", 7.0), ("gan+l1", 7.0), ("cgan", 0.0), ("l1", 1.0)])
def test_l1_weighs_what_the_loss_gives_it(loss, weight):
    (distance,) = having(pix2pix_curves(loss, "sum", 7.0), "distance")
    assert (distance.weight, distance.measure, distance.factor) == (weight, "l1", 0.5)


def test_only_a_discriminator_judges():
    assert judge(pix2pix_curves("l1", "sum", 1.0)) is None
    assert {judge(pix2pix_curves(loss, "sum", 1.0)) for loss in LOSSES[:3]} == {"discriminator"}
    assert by_key()["discriminator_loss"].neutral == 2 * math.log(2)
