"""What a discriminator sees, is taught and costs, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with

from pix2pix.losses.adversarial import LOSSES
from pix2pix.losses.judging import Judging
from pix2pix.params import Pix2pix
from pix2pix.training.draw import Draw

RANDOM = np.random.default_rng(0)
REAL, GENERATED, CONDITION = (tf.constant(RANDOM.uniform(-1, 1, (2, 8, 8, 3)), tf.float32) for _ in range(3))
DRAW = Draw(3, tf.constant(7, tf.int64))
SLOPE = RANDOM.normal(0, 1, (6, 1)).astype(np.float32)


def critic(picture, *conditions):
    """A logit for each pixel: a linear function of picture and condition."""
    return tf.concat([picture, *conditions], axis=-1) @ tf.constant(SLOPE[: 3 * (1 + len(conditions))])


def verdicts(real=REAL, conditions=(CONDITION,), draw=DRAW, **changes):
    return Judging(Pix2pix(**changes)).verdicts(critic, real, GENERATED, conditions, draw)


def costs(**changes):
    settings = Pix2pix(**changes)
    judging = Judging(settings)
    return judging.costs(judging.verdicts(critic, REAL, GENERATED, [CONDITION], DRAW))


def logits(picture):
    return np.concatenate([picture, CONDITION], -1) @ SLOPE


def softplus(x):
    return np.log1p(np.exp(x))


# By hand: the discriminator's loss for a label of 1 and of 0, and the generator's, of each answer.
BY_HAND = {
    "cross_entropy": (lambda x: softplus(-x), softplus, lambda x: softplus(-x)),
    "least_squares": (lambda x: (x - 1) ** 2, lambda x: x**2, lambda x: (x - 1) ** 2),
    "hinge": (lambda x: np.maximum(0, 1 - x), lambda x: np.maximum(0, 1 + x), lambda x: -x),
    "wasserstein": (lambda x: -x, lambda x: x, lambda x: -x),
}


@pytest.mark.parametrize("loss", BY_HAND)
def test_each_loss_by_hand(loss):
    real, fake, persuading = BY_HAND[loss]
    settings = Pix2pix(adversarial=loss, spectral_norm=loss == "wasserstein")
    judging = Judging(settings, "critic", factor=0.5)
    found = judging.verdicts(critic, REAL, GENERATED, [CONDITION], DRAW)
    on_real, on_generated = logits(REAL), logits(GENERATED)
    np.testing.assert_allclose(found["real"], on_real, rtol=1e-5, atol=1e-5)
    border = {"least_squares": 0.5, "wasserstein": (on_real.mean() + on_generated.mean()) / 2}.get(loss, 0)
    expected = {
        "critic_real": real(on_real).mean(),
        "critic_fake": fake(on_generated).mean(),
        "critic_loss": (real(on_real).mean() + fake(on_generated).mean()) / 2,
        "critic_accuracy_real": (on_real > border).mean(),
        "critic_accuracy_fake": (on_generated < border).mean(),
    }
    measured = {key: float(value) for key, value in judging.costs(found).items()}
    assert measured == pytest.approx(expected | {"total": expected["critic_loss"]}, rel=1e-4)
    assert float(judging.convincing(found)) == pytest.approx(persuading(on_generated).mean(), rel=1e-4)


@pytest.mark.parametrize("loss", [name for name, each in LOSSES.items() if each.neutral])
def test_the_neutral_value_is_the_least_loss_of_a_constant_answer(loss):
    constants = tf.constant(np.linspace(-2, 2, 401), tf.float32)
    both = sum(LOSSES[loss].each(constants, real).numpy() for real in (True, False))
    assert both.min() == pytest.approx(LOSSES[loss].neutral.twice().value, rel=1e-5)


def test_a_constant_more_changes_nothing_for_a_wasserstein_critic():
    loss = LOSSES["wasserstein"]
    both = [float(loss.of(REAL + shift, True) + loss.of(GENERATED + shift, False)) for shift in (0, 5)]
    assert both[0] == pytest.approx(both[1], abs=1e-5) and loss.neutral is None


@pytest.mark.parametrize("loss", ["cross_entropy", "least_squares", "hinge", "wasserstein"])
def test_flipped_labels_change_sides(loss):
    real, fake, _ = BY_HAND[loss]
    answers, labels = np.array([0.3, -2.0, 1.7], np.float32), np.array([1, 0, 1], np.float32)
    expected = np.where(labels == 1, real(answers), fake(answers)).mean()
    assert float(LOSSES[loss].taught(answers, labels)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "real", "generated"),
    [
        ({"label_smoothing": 0.1}, (0.9, 0.9), (0, 0)),
        ({"label_noise": 0.1}, (0.9, 1), (0, 0.1)),
        ({"label_noise": 0.1, "label_noise_direction": "outward"}, (1, 1.1), (-0.1, 0)),
        ({"label_smoothing": 0.2, "label_noise": 0.1}, (0.7, 0.8), (0, 0.1)),
    ],
)
@pytest.mark.parametrize("loss", ["cross_entropy", "least_squares"])
def test_softened_labels(loss, changes, real, generated):
    """Their range, and the loss that they make; the curves stay those of the true labels."""
    found = verdicts(adversarial=loss, **changes)
    for kind, (least, most) in (("real", real), ("generated", generated)):
        labels = found[f"{kind}_labels"].numpy()
        assert labels.shape == (2, 8, 8, 1)
        assert labels.min() >= np.float32(least) - 1e-6 and labels.max() <= np.float32(most) + 1e-6
        if most > least:
            assert labels.max() - labels.min() > 0.9 * (most - least)
    if loss == "cross_entropy":
        taught = sum(
            tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(found[f"{kind}_labels"], found[kind]))
            for kind in ("real", "generated")
        )
    else:
        taught = sum(np.mean((found[kind] - found[f"{kind}_labels"]) ** 2) for kind in ("real", "generated"))
    measured, plain = costs(adversarial=loss, **changes), costs(adversarial=loss)
    assert float(measured["total"]) == pytest.approx(float(taught), rel=1e-5)
    assert {key: float(measured[key]) for key in plain if key != "total"} == {
        key: float(value) for key, value in plain.items() if key != "total"
    }


def test_as_many_labels_flip_as_asked():
    found = Judging(Pix2pix(label_flips=0.2)).verdicts(
        lambda picture: picture, tf.zeros((10, 32, 32, 3)), tf.zeros((10, 32, 32, 3)), [], DRAW
    )
    shares = [float(tf.reduce_mean(found[f"{kind}_labels"])) for kind in ("real", "generated")]
    assert shares == pytest.approx([0.8, 0.2], abs=0.01)


def test_instance_noise_has_its_deviation_and_falls_on_the_judged_picture_alone():
    seen = {}

    def look(picture, condition):
        seen[len(seen)] = picture, condition
        return picture

    blank = tf.zeros((8, 32, 32, 3))
    Judging(Pix2pix(instance_noise=0.3)).verdicts(look, blank, blank, [blank + 1], DRAW)
    for picture, condition in seen.values():
        assert float(tf.math.reduce_std(picture)) == pytest.approx(0.3, rel=0.02)
        assert float(tf.reduce_mean(picture)) == pytest.approx(0, abs=0.01)
        assert np.all(condition == 1)
    assert not np.array_equal(seen[0][0], seen[1][0])


def test_the_penalty_of_a_linear_critic_by_hand():
    """f is the mean over 64 pixels of a linear answer, so the slope at each pixel is the weights / 64."""
    norm = np.linalg.norm(np.tile(SLOPE[:3, 0] / 64, 64))
    measured = costs(gradient_penalty=10)
    assert float(measured["discriminator_penalty"]) == pytest.approx((norm - 1) ** 2, rel=1e-4)
    assert float(measured["total"]) == pytest.approx(
        float(measured["discriminator_loss"]) + 10 * (norm - 1) ** 2, rel=1e-5
    )


def test_the_penalty_is_of_the_weighed_mean_and_has_no_other_factor():
    """Two answers about a picture of one pixel, 3 x and 5 x, which count 1.5 and 0.5 times: f = (4.5 x + 2.5 x) / 2."""
    pictures = tf.constant([[[[0.2]]], [[[0.7]]]])
    weights = np.array([1.5, 0.5], np.float32)

    def critic(picture):
        return tf.concat([3 * picture[:, :, 0, 0], 5 * picture[:, :, 0, 0]], axis=1)

    judging = Judging(Pix2pix(gradient_penalty=10), factor=0.5, weights=weights, times=2.0)
    found = judging.costs(judging.verdicts(critic, pictures, pictures + 1, [], DRAW))
    assert float(found["discriminator_penalty"]) == pytest.approx(((1.5 * 3 + 0.5 * 5) / 2 - 1) ** 2, rel=1e-5)
    expected = 2 * float(found["discriminator_loss"]) + 10 * float(found["discriminator_penalty"])
    assert float(found["total"]) == pytest.approx(expected, rel=1e-5)


def test_the_gradient_of_the_penalty_is_that_of_numpy():
    """A critic with one answer, f(x) = w · x²: ∇f = 2 w x; its derivative by w, by differences."""
    pictures = RANDOM.normal(0, 1, (3, 2, 2, 1))
    weights = RANDOM.normal(0, 1, (2, 2, 1))

    def penalty(weights):
        slopes = 2 * weights * pictures
        return np.mean((np.sqrt((slopes**2).sum((1, 2, 3))) - 1) ** 2)

    from pix2pix.losses.gradient_penalty import gradient_penalty

    variable = tf.Variable(weights, dtype=tf.float64)
    with tf.GradientTape() as tape:
        found = gradient_penalty(
            lambda x: tf.reduce_sum(variable * x**2, axis=[1, 2, 3]), tf.constant(pictures, tf.float64)
        )
    assert float(found) == pytest.approx(penalty(weights))
    step = 1e-6 * np.eye(4).reshape(4, 2, 2, 1)
    differences = [(penalty(weights + each) - penalty(weights - each)) / 2e-6 for each in step]
    np.testing.assert_allclose(tape.gradient(found, variable).numpy().ravel(), differences, rtol=1e-5)


def test_the_mixture_lies_between_the_pictures_by_a_number_for_each_example():
    points = []

    def look(picture):
        points.append(picture)
        return picture

    zeros = tf.zeros((64, 4, 4, 3))
    Judging(Pix2pix(gradient_penalty=10)).verdicts(look, zeros, zeros + 1, [], DRAW)
    share = points[2].numpy()
    assert np.all(share == share[:, :1, :1, :1])
    shares = share[:, 0, 0, 0]
    assert 0 <= shares.min() < 0.1 and 0.9 < shares.max() < 1  # U(0, 1), where some codes have N(0, 1)


def test_randomness_follows_from_seed_step_move_and_purpose_alone():
    every = {
        "label_smoothing": 0.1,
        "label_noise": 0.1,
        "label_flips": 0.1,
        "instance_noise": 0.1,
        "diff_augment": "colour+translation+cutout",
        "gradient_penalty": 10,
    }
    first, again = (verdicts(**every) for _ in range(2))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    step = tf.constant(8, tf.int64)
    for other in (Draw(4, DRAW.step), Draw(3, step), DRAW.of(1)):
        assert not np.array_equal(verdicts(draw=other, **every)["real"], first["real"])
    assert np.array_equal(verdicts(draw=DRAW.of(0), **every)["real"], first["real"])


def test_without_remedies_nothing_is_drawn_and_nothing_is_added():
    found = verdicts(draw=None)
    assert found.keys() == {"real", "generated"}
    assert verdicts(real=None, draw=None).keys() == {"generated"}
    judging = Judging(Pix2pix())
    measured = judging.costs(found)
    assert measured["total"] is measured["discriminator_loss"]


def test_the_generators_move_needs_no_labels_and_no_penalty():
    found = verdicts(real=None, gradient_penalty=10, label_flips=0.1)
    assert found.keys() == {"generated"}


def test_names_of_discriminators_have_random_numbers_and_curves_of_their_own():
    settings = trained_with(label_flips=0.4).model
    found = [Judging(settings, name).verdicts(critic, REAL, GENERATED, [], DRAW) for name in ("one", "two")]
    assert not np.array_equal(*(each["real_labels"] for each in found))
    assert set(Judging(settings, "one").costs(found[0])) >= {"total", "one_loss", "one_real", "one_fake"}
