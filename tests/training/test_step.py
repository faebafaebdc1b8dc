import itertools

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from pix2pix.training.step import Objective, TrainingStep, objective

from pix2pix.base import hardware
from pix2pix.base.scale import to_network
from pix2pix.base.seeds import derive
from pix2pix.networks.inference import dropout_layers
from pix2pix.networks.portable import plain
from pix2pix.training.loop import build

PICTURES = np.random.default_rng(0).integers(0, 256, (2, 2, 3, 3, 3), dtype=np.uint8)  # two pairs of 3x3 pictures
INPUT, TARGET = PICTURES / 127.5 - 1
RATE, BETA_1, BETA_2, EPSILON = 0.1, 0.5, 0.999, 1e-7
LAMBDA = 0.5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def real_cost(logits):
    return np.log1p(np.exp(-logits)).mean()


def fake_cost(logits):
    return np.log1p(np.exp(logits)).mean()


class Adam:
    """Kingma & Ba 2015, algorithm 1, with the order of computation of the end of its section 2, as Keras has it."""

    def __init__(self):
        self.moment, self.square, self.steps = 0.0, 0.0, 0

    def __call__(self, weight, gradient):
        self.steps += 1
        self.moment = BETA_1 * self.moment + (1 - BETA_1) * gradient
        self.square = BETA_2 * self.square + (1 - BETA_2) * gradient**2
        rate = RATE * np.sqrt(1 - BETA_2**self.steps) / (1 - BETA_1**self.steps)
        return weight - rate * self.moment / (np.sqrt(self.square) + EPSILON)


class ByHand:
    """The step for two networks of one 1x1 convolution each, so that every gradient can be written down.

    Generator: picture = input · maker. Discriminator: logit = [input, picture] · judge + offset.
    """

    def __init__(self, maker, judge, offset, goal):
        self.maker, self.judge, self.offset, self.goal = maker, judge, offset, goal
        self.adam = {name: Adam() for name in ("maker", "judge", "offset")}

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
        costs = {"discriminator_real": real_cost(real), "discriminator_fake": fake_cost(fake)}
        weight = self.goal.discriminator_weight / real.size
        slope_real, slope_fake = weight * (sigmoid(real) - 1), weight * sigmoid(fake)
        accuracies = {
            "discriminator_accuracy_real": (real > 0).mean(),
            "discriminator_accuracy_fake": (fake < 0).mean(),
        }
        to_judge = np.einsum("nhwi,nhwo->io", self.seen(TARGET), slope_real)
        to_judge += np.einsum("nhwi,nhwo->io", self.seen(generated), slope_fake)
        to_offset = (slope_real + slope_fake).sum()
        judge, offset = self.adam["judge"](self.judge, to_judge), self.adam["offset"](self.offset, to_offset)
        if self.goal.discriminator_first:
            self.judge, self.offset = judge, offset
            fake = self.logits(generated)
        towards_real = (sigmoid(fake) - 1) / fake.size * self.judge[-3:, 0]
        slope = towards_real + self.goal.l1_weight * towards_target
        to_maker = np.einsum("nhwi,nhwo->io", INPUT, slope)
        self.maker = self.adam["maker"](self.maker, to_maker)
        self.judge, self.offset = judge, offset
        convinced = real_cost(fake)
        return (
            costs
            | accuracies
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


@pytest.mark.parametrize(
    ("loss", "discriminator_loss", "update_order"),
    [
        *itertools.product(["cgan+l1", "gan+l1"], ["sum", "mean"], ["simultaneous", "discriminator_first"]),
        ("cgan", "sum", "simultaneous"),
        ("l1", "sum", "simultaneous"),
    ],
)
def test_steps_against_gradients_written_down_by_hand(loss, discriminator_loss, update_order):
    """Three steps: losses, both networks' weights, and so both Adams with their moments and their bias correction."""
    random = np.random.default_rng(1)
    conditional = loss.startswith("cgan")
    goal = Objective(
        adversarial=loss != "l1",
        l1_weight={"cgan+l1": LAMBDA, "gan+l1": LAMBDA, "cgan": 0, "l1": 1}[loss],
        conditional=conditional,
        discriminator_weight={"sum": 1, "mean": 0.5}[discriminator_loss],
        discriminator_first=update_order == "discriminator_first",
    )
    maker, judge, offset = random.normal(0, 0.5, (3, 3)), random.normal(0, 1, (6 if conditional else 3, 1)), 0.3
    by_hand = ByHand(maker, judge, offset, goal)
    generator, discriminator = one_layer(maker, judge, offset, conditional)
    training = TrainingStep(
        generator,
        discriminator if goal.adversarial else None,
        objective(loss, LAMBDA, discriminator_loss, update_order),
        RATE,
        BETA_1,
        seed=0,
    )
    for number in range(3):
        expected = by_hand.step()
        assert one(training, *PICTURES, number) == pytest.approx(expected, rel=2e-4)
        np.testing.assert_allclose(generator.get_weights()[0][0, 0], by_hand.maker, atol=2e-4)
        if goal.adversarial:
            np.testing.assert_allclose(discriminator.get_weights()[0][0, 0], by_hand.judge, atol=2e-4)
            np.testing.assert_allclose(discriminator.get_weights()[1], [by_hand.offset], atol=2e-4)
    # Pictures of bytes and float32 rounding are in the tolerances; a missing update, up to RATE a weight, is not.
    assert np.abs(by_hand.maker - maker).max() > RATE


def test_the_two_update_orders_differ():
    """Else the test above would not tell them apart."""
    ends = []
    for first in (False, True):
        by_hand = ByHand(np.eye(3), np.ones((6, 1)), 0.3, Objective(True, LAMBDA, True, 1, first))
        for _ in range(3):
            by_hand.step()
        ends.append(by_hand.maker)
    assert np.abs(ends[0] - ends[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("cgan+l1", Objective(True, 100, True, 1, False)),
        ("gan+l1", Objective(True, 100, False, 1, False)),
        ("cgan", Objective(True, 0, True, 1, False)),
        ("l1", Objective(False, 1, False, 1, False)),
    ],
)
def test_what_each_loss_means(loss, expected):
    assert objective(loss, 100, "sum", "simultaneous") == expected


def one(training, input_, target, number):
    """The losses of a window of one step."""
    return {name: float(loss[0]) for name, loss in training(input_[None], target[None], number).items()}


def pictures(seed):
    return np.random.default_rng(seed).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)


def networks(seed=3, **changes):
    """The training step with its networks, of 32x32."""
    params = trained_with(**changes)
    return build(params.model, params.train, made_examples.task(), seed)


@pytest.fixture(scope="module")
def first_step():
    """One step of the real networks, number 5, and what both said just before it."""
    training = networks(learning_rate=1e-3)
    input_, target = (tf.constant(to_network(pictures(seed))) for seed in (0, 1))
    for layer in dropout_layers(training.generator):
        layer.seed_generator.state.assign([derive(3, layer.name), 5])
    generated = training.generator(input_, training=True)
    said = [training.discriminator([input_, picture], training=True).numpy() for picture in (target, generated)]
    before = [np.array(variable) for variable in training.generator.trainable_variables]
    losses = one(training, pictures(0), pictures(1), 5)
    return training, losses, (generated.numpy(), *said), before


def test_losses_of_the_real_networks(first_step):
    _, losses, (generated, real, fake), _ = first_step
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
    training = networks(learning_rate=1e-3, precision="bfloat16")
    losses = one(training, pictures(0), pictures(1), 5)
    for name, expected in first_step[1].items():
        # BatchNorm over maps of a few pixels magnifies what was rounded before it, in gradients most.
        assert losses[name] == pytest.approx(expected, rel=0.25 if "norm" in name else 0.05)
    assert losses != first_step[1]
    for model in (training.generator, training.discriminator):
        assert {variable.dtype for variable in model.trainable_variables} == {"float32"}


def test_our_faster_layers_change_a_step_by_rounding_only(first_step):
    """The same networks of Keras' own layers, from the same weights: every loss and every gradient's norm is theirs."""
    ours = networks(learning_rate=1e-3)
    plainly = TrainingStep(plain(ours.generator), plain(ours.discriminator), ours.objective, 1e-3, 0.5, seed=3)
    losses = one(plainly, pictures(0), pictures(1), 5)
    assert first_step[1] == pytest.approx(losses, rel=1e-3)
    assert first_step[1] != losses  # else nothing was compared


def test_every_weight_of_the_real_generator_moves_by_at_most_adams_step(first_step):
    """The first step of Adam is the learning rate times a gradient's sign, so nothing stays and nothing jumps."""
    training, _, _, before = first_step
    for old, variable in zip(before, training.generator.trainable_variables, strict=True):
        moved = np.abs(np.array(variable) - old)
        assert moved.max() <= 1e-3 * 1.001, variable.path
        assert moved.max() >= 1e-3 * 0.9, variable.path


def test_the_dropout_masks_follow_from_the_step(first_step):
    """Whatever was called before: this is what lets a resumed run go on with the same masks."""
    training, *_ = first_step
    # With no step size the weights stay, so that only the masks can change what is measured.
    training.set_learning_rate(0.0)
    distances = [one(training, pictures(0), pictures(1), step)["generator_l1"] for step in (8, 9, 8, 10)]
    assert distances[0] == distances[2]
    assert len(set(distances)) == 3
    training.set_learning_rate(1e-3)


def test_the_learning_rate_of_both_optimisers_is_set(first_step):
    training, *_ = first_step
    before = [model.get_weights() for model in (training.generator, training.discriminator)]
    training.set_learning_rate(0.0)
    one(training, pictures(0), pictures(1), 0)
    training.set_learning_rate(1e-3)
    for model, old in zip((training.generator, training.discriminator), before, strict=True):
        learned = {id(variable) for variable in model.trainable_variables}
        for variable, weight in zip(model.weights, old, strict=True):
            assert id(variable) not in learned or np.array_equal(variable, weight)


SIX = np.random.default_rng(6).integers(0, 256, (2, 6, 1, 32, 32, 3), dtype=np.uint8)


def variables(training):
    return [variable for part in training.parts().values() for variable in part.variables]


def after(training, lengths):
    """Every weight and moment, and the losses of each step, after windows of these lengths."""
    losses, first = [], 0
    for length in lengths:
        window = slice(first, first + length)
        losses.append(training(SIX[0, window], SIX[1, window], first))
        first += length
    together = {name: np.concatenate([each[name] for each in losses]) for name in losses[0]}
    return [np.array(variable) for variable in variables(training)], together


def assert_same_bytes(found, expected):
    assert [each.tobytes() for each in found] == [each.tobytes() for each in expected]


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def step_by_step(request):
    """The precision, and six steps of it one by one."""
    return request.param, *after(networks(precision=request.param), [1] * 6)


@pytest.mark.slow
def test_steps_are_the_same_bytes_in_windows_of_any_length(step_by_step):
    """The remainder of an epoch, or of a run that goes on, is a shorter window. Other sizes of batch change nothing."""
    precision, weights, losses = step_by_step
    assert len(set(losses["generator_l1"])) == 6
    training = networks(precision=precision)
    first = [np.array(variable) for variable in variables(training)]
    training(SIX[0].reshape(2, 3, 32, 32, 3), SIX[1].reshape(2, 3, 32, 32, 3), 0)
    for lengths in ([6], [2, 3, 1]):
        for variable, value in zip(variables(training), first, strict=True):
            variable.assign(value)
        found, told = after(training, lengths)
        assert_same_bytes(found, weights)
        assert_same_bytes([told[name] for name in losses], losses.values())


@pytest.mark.parametrize("changes", [{}, {"loss": "l1", "precision": "bfloat16"}, {"generator": "encoder_decoder"}])
def test_the_graph_does_not_depend_on_what_the_process_has_built_before(changes):
    """Where TensorFlow simplifies a graph, last bits depend on its names, and counted ones tell of what was before."""
    window = tf.TensorSpec([1, 1, 32, 32, 3], tf.uint8)
    first, second = (
        networks(**changes)._single.get_concrete_function(window, window, tf.TensorSpec([], tf.int64)) for _ in range(2)
    )
    operations = [
        [(each.name, each.op, *each.input) for each in run.graph.as_graph_def().node] for run in (first, second)
    ]
    assert len(operations[0]) > 1000
    assert operations[0] == operations[1]


@pytest.mark.slow
def test_compiled_by_xla_the_steps_are_the_same_to_rounding(monkeypatch):
    """As on a GPU, here on a processor: both updates, BatchNorm's averages, windows.

    Without dropout: XLA draws other masks from the same seed.
    """

    def without_dropout():
        training = networks(learning_rate=1e-6)
        for layer in dropout_layers(training.generator):
            layer.rate = 0.0
        return training, [weights(training.generator), weights(training.discriminator)]

    def weights(network):
        return np.concatenate([np.ravel(variable) for variable in network.trainable_variables])

    plain_one, first = without_dropout()
    state, losses = after(plain_one, [1] * 6)
    monkeypatch.setattr(hardware, "has_gpu", lambda: True)
    compiled, _ = without_dropout()
    found, told = after(compiled, [4, 2])
    for name, expected in losses.items():
        np.testing.assert_allclose(told[name], expected, rtol=2e-3, err_msg=name)
    for each, expected in zip(found, state, strict=True):
        np.testing.assert_allclose(each, expected, rtol=1e-2, atol=1e-4)
    for network, before in zip(("generator", "discriminator"), first, strict=True):
        expected = weights(getattr(plain_one, network)) - before
        assert np.abs(expected).mean() > 1e-6
        assert np.abs(weights(getattr(compiled, network)) - before - expected).mean() < 0.02 * np.abs(expected).mean()
    assert any(each.tobytes() != expected.tobytes() for each, expected in zip(found, state, strict=True))  # it was XLA


@pytest.mark.parametrize("compiled", [False, True])
def test_each_step_of_a_window_has_its_own_dropout_masks(compiled):
    """What is kept is doubled: |2 + 1| where the target is -1, and |0 + 1| where it is dropped."""
    picture = keras.Input((32, 32, 3))
    maker = keras.layers.Conv2D(3, 1, use_bias=False)
    generator = keras.Model(picture, keras.layers.Dropout(0.5, seed=0)(maker(picture)))
    maker.set_weights([np.eye(3)[None, None]])
    training = TrainingStep(
        generator, None, objective("l1", LAMBDA, "sum", "simultaneous"), 0.0, BETA_1, seed=0, compiled=compiled
    )
    white, black = (np.full((4, 1, 32, 32, 3), value, np.uint8) for value in (255, 0))
    distances = training(white, black, 0)["generator_l1"].numpy()
    kept = (distances - 1) / 2
    assert len(set(kept)) == 4 and np.abs(kept - 0.5).max() < 0.05
    assert [*training(white[1:3], black[1:3], 1)["generator_l1"].numpy()] == [*distances[1:3]]
    assert training(white[:1], black[:1], 3)["generator_l1"].numpy() == pytest.approx(distances[3], rel=1e-6)


def test_a_single_step_has_its_own_graph_whatever_ran_before():
    """Else it would take that of windows where there is one, and under XLA a run that goes on would have other bits."""
    generator, _ = one_layer(np.eye(3), np.ones((6, 1)), 0.0, conditional=True)
    training = TrainingStep(generator, None, objective("l1", LAMBDA, "sum", "simultaneous"), RATE, BETA_1, seed=0)
    window = np.stack([PICTURES[0]] * 3)
    for length in (3, 2, 1, 1, 3):
        training(window[:length], window[:length], 0)
    counts = [each.experimental_get_tracing_count() for each in (training._single, training._several)]
    assert counts == [1, 1]


def test_l1_alone_has_no_discriminator():
    training = networks(0, loss="l1", lambda_l1=1000)
    assert training.discriminator is None and training.discriminator_optimizer is None
    losses = one(training, pictures(0), pictures(1), 0)
    assert set(losses) == {"generator_total", "generator_l1", "generator_gradient_norm"}
    assert losses["generator_total"] == losses["generator_l1"]  # not times λ


@pytest.mark.parametrize(("loss", "conditional"), [("cgan+l1", True), ("cgan", True), ("gan+l1", False)])
def test_only_a_conditional_discriminator_sees_the_input(loss, conditional):
    discriminator = networks(0, loss=loss).discriminator
    assert len(discriminator.inputs) == (2 if conditional else 1)
    # 4x4 patches of 6 or 3 channels to 4 filters.
    assert discriminator.get_layer("down_1_conv").kernel.shape == (4, 4, 6 if conditional else 3, 4)
