"""The remedies in pix2pix: what a step does with them, that a resumed run is the same, and what is off by default."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from keras import layers
from toy_training import (
    ALWAYS,
    PAIRS,
    SIZE,
    Killed,
    _small_generator,
    assert_same_run,
    kill_in,
    real,
    same_weights,
    start,
    state_of,
    sums_of_shared_terms,
)

from pix2pix.networks import folder
from pix2pix.networks.inference import dropout_layers
from pix2pix.params import Pix2pix
from pix2pix.systems import pix2pix
from pix2pix.training.draw import Draw
from pix2pix.training.play import play
from pix2pix.training.start import Start
from pix2pix.training.windows import Windows

EVERY = {
    "adversarial": "least_squares",
    "gradient_penalty": 10,
    "label_smoothing": 0.1,
    "label_noise": 0.1,
    "label_flips": 0.05,
    "instance_noise": 0.1,
    "diff_augment": "colour+translation+cutout",
    "discriminator_dropout": 0.3,
    "discriminator_learning_rate": 4e-4,
    "spectral_norm": True,
    "ema": 0.999,
}
BATCH = {
    name: tf.constant(np.random.default_rng(n).uniform(-1, 1, (2, SIZE, SIZE, 3)), tf.float32)
    for n, name in enumerate(("input", "target"))
}


def system(**changes):
    return real(
        trained_with(**{"receptive_field": 16, "generator_filters": 2, "discriminator_filters": 2} | changes), 3
    )


@pytest.fixture
def small(monkeypatch):
    """pix2pix has the smallest networks to which all remedies apply."""
    monkeypatch.setattr(pix2pix, "generator", _small_generator)
    monkeypatch.setattr(pix2pix, "discriminator", _small_discriminator)


def _small_discriminator(size, style, *_):
    both = [keras.Input((*size, 3), name=name) for name in ("input", "target")]
    x = style.activation("hidden")(style.conv("hidden", 2, 2)(layers.Concatenate(name="both")(both)))
    return keras.Model(both, style.conv("logits", 1, 2)(x), name="discriminator")


def stepped(made, steps=2):
    return [
        {key: float(value) for key, value in play(made, BATCH, Draw(3, tf.constant(n, tf.int64))).items()}
        for n in range(steps)
    ]


@pytest.mark.parametrize("order", ["simultaneous", "discriminator_first"])
@pytest.mark.parametrize("loss", ["cgan+l1", "gan+l1"])
def test_all_remedies_together_train(loss, order):
    made = system(loss=loss, update_order=order, **EVERY)
    for losses in stepped(made):
        assert set(losses) == {curve.key for curve in made.curves}
        assert np.isfinite(list(losses.values())).all()
    assert not [layer.name for layer in made.discriminator.layers if "norm" in layer.name]


@pytest.mark.parametrize("changes", [{}, *({key: value} for key, value in EVERY.items())], ids=str)
@pytest.mark.usefixtures("small")
def test_each_remedy_alone_changes_the_step_and_nothing_else_does(changes):
    """Against the step without: the same values where nothing is set, others for each remedy but the average."""
    first, *_ = stepped(system(), 1)
    after = stepped(system(**changes), 2)
    same = changes.keys() <= {"ema", "discriminator_learning_rate", "label_smoothing", "label_noise", "label_flips"}
    unchanged = {key: value for key, value in after[0].items() if key != "discriminator_gradient_norm"} == {
        key: value for key, value in first.items() if key != "discriminator_gradient_norm"
    }
    assert unchanged == same
    if changes.keys() - {"ema"}:
        assert after[1] != stepped(system(), 2)[1]


def test_the_discriminator_has_its_own_learning_rate():
    rates = {name: player.learning_rate for name, player in system(discriminator_learning_rate=4e-4).players.items()}
    assert rates == {"generator": 2e-4, "discriminator": 4e-4}
    assert {player.learning_rate for player in system().players.values()} == {2e-4}


def test_the_product_is_the_average():
    made = system(ema=0.5)
    before = made.generator.trainable_weights[0].numpy()
    stepped(made, 1)
    after = made.generator.trainable_weights[0].numpy()
    kept = 2 / 11
    np.testing.assert_allclose(
        made.products["generator"].trainable_weights[0], kept * before + (1 - kept) * after, rtol=1e-5, atol=1e-7
    )
    assert system().products["generator"].name == "generator"


@pytest.mark.usefixtures("small")
def test_a_run_that_was_killed_is_the_same(tmp_path, monkeypatch):
    """With all remedies: the state of power iterations, of dropout and of the average comes back."""
    options = {"kind": real, "pairs": PAIRS[:4], "epochs": 2, **EVERY, **ALWAYS}
    whole = start(tmp_path / "whole", **options)
    kill_in(monkeypatch, 2)
    with pytest.raises(Killed):
        start(tmp_path / "killed", **options)
    resumed = start(tmp_path / "killed", **options)
    assert_same_run(tmp_path / "whole", tmp_path / "killed", whole, resumed)
    saved = state_of(tmp_path / "killed")
    assert {"direction", "generator_average_generator"} <= {part for name in saved for part in name.split("/")}


def test_a_start_from_another_model_reaches_the_network_and_its_average(tmp_path):
    other, made = system(ema=0.5), system(ema=0.9)
    for weight in other.products["generator"].trainable_weights:
        weight.assign(weight + 1)
    folder.save(other.products["generator"], tmp_path / "model", {})
    Start(tmp_path / "model", "other").give(made)
    for model in (made.generator, made.products["generator"]):
        same_weights(model, other.products["generator"])


@pytest.fixture
def same_chance(monkeypatch):
    """Random numbers that do not depend on XLA, which draws others from the same seed."""

    def drawn(kind):
        def draw(_, purpose, shape):
            numbers = getattr(np.random.default_rng(len(purpose)), kind)(size=2000).astype(np.float32)
            return tf.reshape(tf.constant(numbers)[: tf.reduce_prod(shape)], shape)

        return draw

    monkeypatch.setattr(Draw, "uniform", drawn("uniform"))
    monkeypatch.setattr(Draw, "normal", drawn("normal"))


def steps_of(compiled, **changes):
    """The losses of two steps and the weights after them, without dropout: XLA draws other masks from the same seed."""
    made = system(**changes)
    for network in (made.generator, made.discriminator):
        for layer in dropout_layers(network):
            layer.rate = 0.0
    windows = Windows(made, 3, compiled=compiled)
    told = [windows({name: values[None] for name, values in BATCH.items()}, number) for number in range(2)]
    weights = [weight for player in made.players.values() for weight in player.variables]
    return {key: np.concatenate([losses[key] for losses in told]) for key in told[0]}, list(map(np.array, weights))


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, *({key: value} for key, value in EVERY.items())], ids=str)
@pytest.mark.usefixtures("small", "same_chance")
def test_compiled_by_xla_a_step_with_a_remedy_is_the_same_to_rounding(changes):
    """As on a GPU, here on a processor."""
    losses, weights = steps_of(False, **changes)
    told, found = steps_of(True, **changes)
    for name, expected in losses.items():
        np.testing.assert_allclose(told[name], expected, rtol=5e-3, atol=1e-5, err_msg=name)
    # Where a gradient is rounding noise, Adam moves a weight anywhere, by its step size.
    far = np.concatenate([np.abs(one - other).ravel() for one, other in zip(weights, found, strict=True)])
    assert np.mean(far > 4e-5) < 0.05


@pytest.mark.parametrize(
    "changes",
    [EVERY, {"adversarial": "hinge"}, {"adversarial": "wasserstein", "gradient_penalty": 10}],
    ids=["all", "hinge", "wasserstein"],
)
def test_no_sum_of_a_step_depends_on_what_is_computed_first(changes):
    """See `test_windows`."""
    windows = Windows(system(**changes), 3)
    window = {name: ((values[None].numpy() + 1) * 127).astype(np.uint8) for name, values in BATCH.items()}
    assert sums_of_shared_terms(lambda: windows(window, 0)) == []


def test_a_neutral_remedy_decides_nothing():
    assert Pix2pix().decisive().keys().isdisjoint(EVERY)
    assert Pix2pix(**EVERY).decisive().keys() >= EVERY.keys()
