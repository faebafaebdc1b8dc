"""pix2pix with noise: two answers to each input, what keeps them apart, and a model whose seed decides."""

import made_examples
import numpy as np
import pytest
import tensorflow as tf

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.networks.inference import GeneratorInUse, dropout_layers
from pix2pix.params import recipes
from pix2pix.params.file import parsed
from pix2pix.params.systems.pix2pix import Pix2pix as Settings
from pix2pix.systems.pix2pix import Pix2Pix
from pix2pix.training.draw import Draw
from pix2pix.training.play import play

SIZE = 32
SMALL = {"generator_filters": 2, "discriminator_filters": 2, "noise_size": 5, "lambda_diversity": 8, "lambda_l1": 10}
BATCH = {
    name: tf.constant(np.random.default_rng(number).uniform(-1, 1, (2, SIZE, SIZE, 3)), tf.float32)
    for number, name in enumerate(("input", "target"))
}


def system(precision="float32", **changes):
    return Pix2Pix(Settings(**SMALL | changes), precision, made_examples.task(size=SIZE), 3)


def draw(step=0):
    return Draw(3, tf.constant(step, tf.int64))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_loss_is_worked_out_from_two_answers_and_their_noises(precision):
    ours = system(precision)
    made = ours.make(BATCH, draw())
    one, other = made["generated"].numpy(), made["other"].numpy()
    assert np.abs(one - other).mean() > 1e-3
    planes = ours.generator.get_layer("noisy_input").output
    seen = tf.keras.Model(ours.generator.input, planes)
    noises = []
    for name in ("", "other"):
        draw().dropout(ours.generator, name)
        noises.append(seen(BATCH["input"], training=True).numpy().astype(float)[:, 0, 0, :5])
    apart = np.abs(noises[0] - noises[1]).mean(axis=1)
    np.testing.assert_allclose(made["noises_apart"], apart, rtol=1e-2 if precision == "bfloat16" else 1e-5)
    expected = (np.abs(one - other).mean(axis=(1, 2, 3)) / (made["noises_apart"].numpy() + 1e-5)).mean()
    verdicts = ours.judge({"generator", "discriminator"}, BATCH, made, draw())
    losses = ours.losses("generator", BATCH, made, verdicts)
    assert float(losses["generator_answers_apart"]) == pytest.approx(expected, rel=1e-5)
    total = losses["generator_gan"] + 10 * losses["generator_l1"] - 8 * losses["generator_answers_apart"]
    assert float(losses["total"]) == pytest.approx(float(total), rel=1e-6)


def test_no_gradient_flows_through_the_other_answer():
    ours = system()
    with tf.GradientTape() as tape:
        other = tf.reduce_sum(ours.make(BATCH, draw())["other"])
    assert all(gradient is None for gradient in tape.gradient(other, ours.generator.trainable_variables))


def test_the_noise_of_a_step_follows_from_its_number():
    first, again, later = (system().make(BATCH, draw(step)) for step in (0, 0, 1))
    for name in ("generated", "other"):
        np.testing.assert_array_equal(first[name], again[name])
        assert not np.array_equal(first[name], later[name])


def test_a_step_measures_every_curve():
    ours = system()
    measured = play(ours, BATCH, draw())
    assert [*measured] and set(measured) == {curve.key for curve in ours.curves}
    assert "generator_answers_apart" in measured and np.isfinite([float(value) for value in measured.values()]).all()


def test_noise_takes_the_place_of_dropout_and_answers_follow_from_the_seed():
    used = GeneratorInUse(system(lambda_diversity=0).generator)
    picture = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    one, again, other = (used(picture, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert [layer.name for layer in dropout_layers(system().generator)] == ["noise"]


def test_without_its_term_no_other_answer_is_made():
    ours = system(lambda_diversity=0)
    assert set(ours.make(BATCH, draw())) == {"generated"}
    assert "generator_answers_apart" not in {curve.key for curve in ours.curves}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"noise_size": 0}, "model.lambda_diversity = 8.0: must be 0, because there is no noise (model.noise_size)"),
        ({"loss": "l1"}, "model.lambda_diversity = 8.0: must be 0, because L1 is the only loss"),
    ],
)
def test_what_cannot_keep_answers_apart_is_refused(changes, says):
    content = parsed(recipes.text("dsgan"), "dsgan")
    content["model"] |= changes
    with pytest.raises(ParamsError) as refused:
        params.check(content)
    assert says in str(refused.value)


def test_the_recipe_says_what_it_is():
    chosen = params.check(parsed(recipes.text("dsgan"), "dsgan"))
    assert chosen.model.summary == "unet with 8 numbers of noise, cgan+l1 λ=10 diversity 8 least_squares"
    assert chosen.model.lede.endswith("weighted λ = 10. Two answers to one input were kept apart.")
