import itertools
from dataclasses import dataclass

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from toy_training import SIZE, real

from pix2pix.base.scale import to_network
from pix2pix.networks.inference import dropout_layers
from pix2pix.networks.portable import portable
from pix2pix.params import Pix2pix as Settings
from pix2pix.systems import pix2pix
from pix2pix.training.draw import Draw
from pix2pix.training.play import play
from pix2pix.training.windows import Windows

PICTURES = np.random.default_rng(0).uniform(-1, 1, (2, 2, 3, 3, 3)).astype(np.float32)  # two pairs of 3x3 pictures
INPUT, TARGET = PICTURES.astype(np.float64)
RATE, BETA_1, BETA_2, EPSILON = 0.1, 0.5, 0.999, 1e-7
LAMBDA = 0.5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def real_cost(logits):
    return np.log1p(np.exp(-logits)).mean()


def fake_cost(logits):
    return np.log1p(np.exp(logits)).mean()


# The cost and the slope of an answer by loss: about a real picture, about a generated one, and for the generator.
ANSWERS = {
    "cross_entropy": (
        (lambda x: np.log1p(np.exp(-x)), lambda x: sigmoid(x) - 1),
        (lambda x: np.log1p(np.exp(x)), sigmoid),
        (lambda x: np.log1p(np.exp(-x)), lambda x: sigmoid(x) - 1),
    ),
    "least_squares": (
        (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1)),
        (lambda x: x**2, lambda x: 2 * x),
        (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1)),
    ),
    "hinge": (
        (lambda x: np.maximum(0, 1 - x), lambda x: -1.0 * (x < 1)),
        (lambda x: np.maximum(0, 1 + x), lambda x: 1.0 * (x > -1)),
        (lambda x: -x, lambda x: -np.ones_like(x)),
    ),
    "wasserstein": (
        (lambda x: -x, lambda x: -np.ones_like(x)),
        (lambda x: x, np.ones_like),
        (lambda x: -x, lambda x: -np.ones_like(x)),
    ),
}
PENALTY = 10


class Adam:
    """Kingma & Ba 2015, algorithm 1, with the order of computation of the end of its section 2, as Keras has it."""

    def __init__(self, factor=1):
        self.moment, self.square, self.steps, self.rate = 0.0, 0.0, 0, factor * RATE

    def __call__(self, weight, gradient):
        self.steps += 1
        self.moment = BETA_1 * self.moment + (1 - BETA_1) * gradient
        self.square = BETA_2 * self.square + (1 - BETA_2) * gradient**2
        rate = self.rate * np.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps)
        return weight - rate * self.moment / (np.sqrt(self.square) + EPSILON)


@dataclass(frozen=True)
class Goal:
    """What is minimised, in numbers: see the paper's table 1 and equation 4."""

    adversarial: bool
    l1_weight: float
    conditional: bool
    discriminator_weight: float
    discriminator_first: bool
    loss: str = "cross_entropy"
    discriminators_rate: float = 1


class ByHand:
    """The step for two networks of one 1x1 convolution each, so that every gradient can be written down.

    Generator: picture = input · maker. Discriminator: logit = [input, picture] · judge + offset.
    """

    def __init__(self, maker, judge, offset, goal):
        self.maker, self.judge, self.offset, self.goal = maker, judge, offset, goal
        self.adam = {"maker": Adam()} | {name: Adam(goal.discriminators_rate) for name in ("judge", "offset")}

    def seen(self, picture):
        return np.concatenate([INPUT, picture], -1) if self.goal.conditional else picture

    def logits(self, picture):
        return self.seen(picture) @ self.judge + self.offset

    def step(self):
        generated = INPUT @ self.maker
        distance = np.abs(TARGET - generated).mean()
        towards_target = np.sign(generated - TARGET) / generated.size
        if not self.goal.adversarial:
            gradient = np.einsum("nhwi,nhwo->io", INPUT, towards_target)
            self.maker = self.adam["maker"](self.maker, gradient)
            return {
                "generator_total": distance,
                "generator_l1": distance,
                "generator_gradient_norm": np.linalg.norm(gradient),
            }

        real, fake = self.logits(TARGET), self.logits(generated)
        (real_cost, real_slope), (fake_cost, fake_slope), (convinced_cost, convinced_slope) = ANSWERS[self.goal.loss]
        costs = {"discriminator_real": real_cost(real).mean(), "discriminator_fake": fake_cost(fake).mean()}
        weight = self.goal.discriminator_weight / real.size
        slope_real, slope_fake = weight * real_slope(real), weight * fake_slope(fake)
        border = {"least_squares": 0.5, "wasserstein": (real.mean() + fake.mean()) / 2}.get(self.goal.loss, 0)
        accuracies = {
            "discriminator_accuracy_real": (real > border).mean(),
            "discriminator_accuracy_fake": (fake < border).mean(),
        }
        to_judge = np.einsum("nhwi,nhwo->io", self.seen(TARGET), slope_real)
        to_judge += np.einsum("nhwi,nhwo->io", self.seen(generated), slope_fake)
        to_offset = (slope_real + slope_fake).sum()
        penalty = {}
        if self.goal.loss == "wasserstein":
            # The mean of nine linear answers: each pixel has a ninth of the slope, so its norm is a third.
            slope = self.judge[-3:]
            norm = np.linalg.norm(slope) / 3
            penalty = {"discriminator_penalty": (norm - 1) ** 2}
            to_judge[-3:] += PENALTY * 2 * (norm - 1) * slope / (9 * norm)
        judge, offset = self.adam["judge"](self.judge, to_judge), self.adam["offset"](self.offset, to_offset)
        if self.goal.discriminator_first:
            self.judge, self.offset = judge, offset
            fake = self.logits(generated)
        towards_real = convinced_slope(fake) / fake.size * self.judge[-3:, 0]
        slope = towards_real + self.goal.l1_weight * towards_target
        to_maker = np.einsum("nhwi,nhwo->io", INPUT, slope)
        self.maker = self.adam["maker"](self.maker, to_maker)
        self.judge, self.offset = judge, offset
        convinced = convinced_cost(fake).mean()
        return (
            costs
            | accuracies
            | penalty
            | {
                "generator_gradient_norm": np.linalg.norm(to_maker),
                "discriminator_gradient_norm": np.hypot(np.linalg.norm(to_judge), to_offset),
                "discriminator_loss": self.goal.discriminator_weight * sum(costs.values()),
                "generator_gan": convinced,
                "generator_l1": distance,
                "generator_total": convinced + self.goal.l1_weight * distance,
            }
        )


def one_layer(maker, judge, offset, conditional):
    """The same two networks in Keras."""
    input_, target = keras.Input((3, 3, 3)), keras.Input((3, 3, 3))
    generator = keras.Model(input_, keras.layers.Conv2D(3, 1, use_bias=False)(input_))
    generator.set_weights([maker[None, None]])
    seen = keras.layers.Concatenate()([input_, target]) if conditional else target
    logits = keras.layers.Conv2D(1, 1)(seen)
    discriminator = keras.Model([input_, target] if conditional else target, logits)
    discriminator.set_weights([judge[None, None], np.array([offset])])
    return generator, discriminator


PLAIN = {"adversarial": "cross_entropy"}


@pytest.mark.parametrize(
    ("loss", "discriminator_loss", "update_order", "judged"),
    [
        *(
            (*each, PLAIN)
            for each in itertools.product(
                ["cgan+l1", "gan+l1"], ["sum", "mean"], ["simultaneous", "discriminator_first"]
            )
        ),
        ("cgan", "sum", "simultaneous", PLAIN),
        ("cgan", "sum", "discriminator_first", PLAIN),
        ("l1", "sum", "simultaneous", PLAIN),
        ("l1", "sum", "discriminator_first", PLAIN),
        ("cgan+l1", "mean", "discriminator_first", {"adversarial": "least_squares"}),
        ("cgan+l1", "sum", "simultaneous", {"adversarial": "hinge", "discriminator_learning_rate": 4 * RATE}),
        ("gan+l1", "sum", "discriminator_first", {"adversarial": "wasserstein", "gradient_penalty": PENALTY}),
    ],
)
def test_steps_against_gradients_written_down_by_hand(monkeypatch, loss, discriminator_loss, update_order, judged):
    """Three steps: losses, both networks' weights, and so both Adams with their moments and their bias correction."""
    random = np.random.default_rng(1)
    conditional = loss.startswith("cgan")
    goal = Goal(
        adversarial=loss != "l1",
        l1_weight={"cgan+l1": LAMBDA, "gan+l1": LAMBDA, "cgan": 0, "l1": 1}[loss],
        conditional=conditional,
        discriminator_weight={"sum": 1, "mean": 0.5}[discriminator_loss],
        discriminator_first=update_order == "discriminator_first",
        loss=judged["adversarial"],
        discriminators_rate=judged.get("discriminator_learning_rate", RATE) / RATE,
    )
    maker, judge, offset = random.normal(0, 0.5, (3, 3)), random.normal(0, 1, (6 if conditional else 3, 1)), 0.3
    by_hand = ByHand(maker, judge, offset, goal)
    generator, discriminator = one_layer(maker, judge, offset, conditional)
    monkeypatch.setattr(pix2pix, "generator", lambda *_, **__: generator)
    monkeypatch.setattr(pix2pix, "discriminator", lambda *_, **__: discriminator)
    settings = Settings(
        loss=loss,
        lambda_l1=LAMBDA,
        discriminator_loss=discriminator_loss,
        update_order=update_order,
        learning_rate=RATE,
        beta_1=BETA_1,
        **judged,
    )
    system = pix2pix.Pix2Pix(settings, "float32", made_examples.task(size=3), seed=0)
    batch = dict(zip(("input", "target"), map(tf.constant, PICTURES), strict=True))
    for number in range(3):
        expected = by_hand.step()
        measured = play(system, batch, Draw(0, tf.constant(number, tf.int64)))
        assert {name: float(loss) for name, loss in measured.items()} == pytest.approx(expected, rel=2e-5, abs=1e-7)
        assert measured.keys() == {curve.key for curve in system.curves}
        np.testing.assert_allclose(generator.get_weights()[0][0, 0], by_hand.maker, atol=2e-4)
        if goal.adversarial:
            np.testing.assert_allclose(discriminator.get_weights()[0][0, 0], by_hand.judge, atol=2e-4)
            np.testing.assert_allclose(discriminator.get_weights()[1], [by_hand.offset], atol=2e-4)
    # The rounding of float32 is in the tolerances; a missing update, up to RATE a weight, is not.
    assert np.abs(by_hand.maker - maker).max() > RATE


def test_the_two_update_orders_differ():
    """Else the test above would not tell them apart."""
    ends = []
    for first in (False, True):
        by_hand = ByHand(np.eye(3), np.ones((6, 1)), 0.3, Goal(True, LAMBDA, True, 1, first))
        for _ in range(3):
            by_hand.step()
        ends.append(by_hand.maker)
    assert np.abs(ends[0] - ends[1]).max() > 1e-3


# ---- the networks of a training ----


def networks(**changes):
    return real(trained_with(receptive_field=16, **changes), 3)


def pictures(seed):
    return np.random.default_rng(seed).integers(0, 256, (1, SIZE, SIZE, 3), dtype=np.uint8)


def one(windows, number):
    """The losses of a window of one step."""
    window = {"input": pictures(0)[None], "target": pictures(1)[None]}
    return {name: float(loss[0]) for name, loss in windows(window, number).items()}


@pytest.fixture(scope="module")
def first_step():
    """One step of the real networks, number 5, and what both said just before it."""
    system = networks(learning_rate=1e-3)
    input_, target = (tf.constant(to_network(pictures(seed))) for seed in (0, 1))
    Draw(3, tf.constant(5, tf.int64)).dropout(system.generator)
    generated = system.generator(input_, training=True)
    said = [system.discriminator([input_, picture], training=True).numpy() for picture in (target, generated)]
    before = [np.array(variable) for variable in system.generator.trainable_variables]
    windows = Windows(system, seed=3)
    losses = one(windows, 5)
    return system, windows, losses, (generated.numpy(), *said), before


def test_losses_of_the_real_networks(first_step):
    _, _, losses, (generated, real, fake), _ = first_step
    distance = np.abs(generated - to_network(pictures(1))).mean()
    expected = {
        "generator_l1": distance,
        "generator_gan": real_cost(fake),
        "generator_total": real_cost(fake) + 100 * distance,
        "discriminator_real": real_cost(real),
        "discriminator_fake": fake_cost(fake),
        "discriminator_loss": real_cost(real) + fake_cost(fake),
        "discriminator_accuracy_real": (real > 0).mean(),
        "discriminator_accuracy_fake": (fake < 0).mean(),
    }
    assert {name: losses[name] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_in_bfloat16_a_step_is_that_of_float32_but_for_rounding(first_step):
    system = networks(learning_rate=1e-3, precision="bfloat16")
    losses = one(Windows(system, seed=3), 5)
    for name, expected in first_step[2].items():
        # BatchNorm over maps of a few pixels magnifies what was rounded before it, in gradients most.
        assert losses[name] == pytest.approx(expected, rel=0.25 if "norm" in name else 0.05)
    assert losses != first_step[2]
    for model in (system.generator, system.discriminator):
        assert {variable.dtype for variable in model.trainable_variables} == {"float32"}


def test_our_faster_layers_change_a_step_by_rounding_only(first_step, monkeypatch):
    """The same networks of Keras' own layers, from the same weights: every loss and every gradient's norm is theirs."""
    ours = networks(learning_rate=1e-3)
    monkeypatch.setattr(pix2pix, "generator", lambda *_, **__: portable(ours.generator))
    monkeypatch.setattr(pix2pix, "discriminator", lambda *_, **__: portable(ours.discriminator))
    theirs = networks(learning_rate=1e-3)
    assert first_step[2] == pytest.approx(one(Windows(theirs, seed=3), 5), rel=1e-3)
    for own, system in ((True, ours), (False, theirs)):  # else nothing was compared
        modules = {
            type(layer).__module__ for model in (system.generator, system.discriminator) for layer in model.layers
        }
        assert any(module.startswith("pix2pix") for module in modules) == own


def test_every_weight_of_the_real_generator_moves_by_at_most_adams_step(first_step):
    """The first step of Adam is the learning rate times a gradient's sign, so nothing stays and nothing jumps."""
    system, *_, before = first_step
    for old, variable in zip(before, system.generator.trainable_variables, strict=True):
        moved = np.abs(np.array(variable) - old)
        assert moved.max() <= 1e-3 * 1.001, variable.path
        assert moved.max() >= 1e-3 * 0.9, variable.path


def set_learning_rate(system, rate):
    for player in system.players.values():
        player.optimizer.learning_rate.assign(rate)


def test_the_dropout_masks_follow_from_the_step(first_step):
    """Whatever was called before: this is what lets a resumed run continue with the same masks."""
    system, windows, *_ = first_step
    # With no step size the weights stay, so that only the masks can change what is measured.
    set_learning_rate(system, 0.0)
    distances = [one(windows, step)["generator_l1"] for step in (8, 9, 8, 10)]
    assert distances[0] == distances[2]
    assert len(set(distances)) == 3
    set_learning_rate(system, 1e-3)


def test_each_dropout_layer_has_its_own_masks_and_another_seed_has_others():
    system = networks()
    states = []
    for seed in (3, 4):
        Draw(seed, tf.constant(7, tf.int64)).dropout(system.generator)
        states.append([layer.seed_generator.state.numpy().tolist() for layer in dropout_layers(system.generator)])
    seeds = [number for state in states for number, _ in state]
    assert len(states[0]) >= 2 and len(set(seeds)) == 2 * len(states[0])
    assert {step for state in states for _, step in state} == {7}


def test_the_learning_rate_is_each_optimisers_own(first_step):
    system, windows, *_ = first_step
    models = (system.generator, system.discriminator)
    before = [model.get_weights() for model in models]
    set_learning_rate(system, 0.0)
    one(windows, 0)
    set_learning_rate(system, 1e-3)
    for model, old in zip(models, before, strict=True):
        learned = {id(variable) for variable in model.trainable_variables}
        for variable, weight in zip(model.weights, old, strict=True):
            assert id(variable) not in learned or np.array_equal(variable, weight)
