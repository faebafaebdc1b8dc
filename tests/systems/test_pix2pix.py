"""What the `model` section makes of pix2pix; what its step computes is tested with `training.play`."""

import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from toy_training import SIZE, little, real

from pix2pix.base.errors import ParamsError
from pix2pix.data.labels import CMP
from pix2pix.params import Pix2pix as Settings
from pix2pix.systems import load, pix2pix
from pix2pix.systems.pix2pix import OBJECTIVES
from pix2pix.training.draw import Draw

ADVERSARIAL = ["cgan+l1", "gan+l1", "cgan"]


def networks(kind=real, **changes):
    return kind(trained_with(receptive_field=16, **changes), 0)


def test_the_system_is_found_by_its_name():
    assert load(Settings().system) is pix2pix
    assert OBJECTIVES.keys() == set(Settings.model_fields["loss"].annotation.__args__)


def test_l1_alone_has_no_discriminator():
    system = networks(loss="l1", lambda_l1=1000)
    assert list(system.players) == ["generator"] and system.moves == (("generator",),)
    assert [curve.key for curve in system.curves] == ["generator_total", "generator_l1", "generator_gradient_norm"]
    batch = {name: tf.zeros((1, SIZE, SIZE, 3)) for name in ("input", "target")}
    assert system.judge({"generator"}, batch, {}, Draw(0, tf.constant(0))) == {}
    losses = system.losses("generator", batch, {"generated": tf.ones((1, SIZE, SIZE, 3))}, {})
    assert {name: float(loss) for name, loss in losses.items()} == dict.fromkeys(
        ("total", "generator_total", "generator_l1"), 1.0
    )  # not times λ


@pytest.mark.parametrize(("loss", "conditional"), [("cgan+l1", True), ("cgan", True), ("gan+l1", False)])
def test_only_a_conditional_discriminator_sees_the_input(loss, conditional):
    discriminator = networks(loss=loss).discriminator
    assert len(discriminator.inputs) == (2 if conditional else 1)
    # 4x4 patches of 6 or 3 channels to 4 filters.
    assert discriminator.get_layer("down_1_conv").kernel.shape == (4, 4, 6 if conditional else 3, 4)


@pytest.mark.parametrize(("loss", "weight"), [("cgan+l1", 7), ("gan+l1", 7), ("cgan", 0)])
def test_how_much_the_distance_counts(loss, weight):
    """An undecided discriminator costs the generator ln 2; and the table of curves says the same weight."""
    system = networks(loss=loss, lambda_l1=7)
    batch, made = {"target": tf.zeros((1, 2, 2, 3))}, {"generated": tf.fill((1, 2, 2, 3), 0.5)}
    losses = system.losses("generator", batch, made, {"generated": tf.zeros((1, 3, 3, 1))})
    assert float(losses["generator_l1"]) == 0.5
    assert float(losses["generator_gan"]) == pytest.approx(np.log(2))
    assert float(losses["generator_total"]) == pytest.approx(np.log(2) + weight * 0.5)
    assert losses["total"] is losses["generator_total"]
    assert {curve.key: curve.weight for curve in system.curves}["generator_l1"] == weight


@pytest.mark.parametrize("rule", ["sum", "mean"])
def test_the_neutral_values_are_those_of_an_undecided_discriminator(rule):
    """The curves that health and charts read, against the losses of the system itself."""
    system = networks(discriminator_loss=rule)
    undecided = {name: tf.zeros((1, 4, 4, 1)) for name in ("real", "generated")}
    some = {name: tf.zeros((1, 2, 2, 3)) for name in ("target", "generated")}
    losses = system.losses("discriminator", some, some, undecided) | system.losses("generator", some, some, undecided)
    neutral = {curve.key: curve.neutral for curve in system.curves if curve.neutral and curve.role != "accuracy"}
    assert sorted(neutral) == ["discriminator_fake", "discriminator_loss", "discriminator_real", "generator_gan"]
    assert neutral == pytest.approx({name: float(losses[name]) for name in neutral})


@pytest.mark.parametrize("loss", ADVERSARIAL)
@pytest.mark.parametrize(
    ("order", "moves"),
    [
        ("simultaneous", (("generator", "discriminator"),)),
        ("discriminator_first", (("discriminator",), ("generator",))),
    ],
)
def test_who_learns_when(loss, order, moves):
    system = networks(loss=loss, update_order=order)
    assert system.moves == moves
    assert {name: player.makes for name, player in system.players.items()} == {
        "generator": True,
        "discriminator": False,
    }


def test_real_pictures_are_only_judged_where_the_discriminator_learns():
    """In its own move the generator needs no answer about them, and pays for none."""
    system = networks(kind=little)
    batch = {name: tf.zeros((1, SIZE, SIZE, 3)) for name in ("input", "target")}
    for movers, judged in (({"generator"}, {"generated"}), ({"generator", "discriminator"}, {"real", "generated"})):
        verdicts = system.judge(movers, batch, {"generated": batch["input"]}, Draw(0, tf.constant(0)))
        assert verdicts.keys() == judged


def test_the_settings_reach_networks_and_optimisers():
    system = networks(
        generator_filters=2,
        discriminator_filters=3,
        leaky_slope=0.2,
        norm_epsilon=1e-5,
        learning_rate=0.01,
        beta_1=0.9,
        generator="encoder_decoder",
        bottleneck_norm=True,
    )
    assert system.generator.get_layer("down_1_conv").filters == 2
    assert system.discriminator.get_layer("down_1_conv").filters == 3
    assert "down_3_norm" in {layer.name for layer in system.generator.layers}
    assert not [layer for layer in system.generator.layers if layer.name.startswith("skip_")]
    for network in (system.generator, system.discriminator):
        assert {layer.negative_slope for layer in network.layers if hasattr(layer, "negative_slope")} >= {0.2}
        assert {layer.epsilon for layer in network.layers if hasattr(layer, "epsilon")} == {1e-5}
    for player in system.players.values():
        assert player.learning_rate == pytest.approx(float(player.optimizer.learning_rate)) == 0.01
        assert player.optimizer.beta_1 == 0.9


@pytest.mark.parametrize(("input_", "classes"), [("label map", None), ("picture", CMP)])
def test_classes_that_are_not_there_are_not_seen(input_, classes):
    """A check of the whole file has refused that already; no network quietly sees colours instead."""
    settings = Settings(label_input="one_hot", generator_filters=1, discriminator_filters=1)
    with pytest.raises(ParamsError, match=r"^the networks read classes, and the input is no label map with classes"):
        pix2pix.Pix2Pix(settings, "float32", made_examples.task(input_), 0, classes)


@pytest.mark.parametrize("field", [1, 16, 70])
def test_the_receptive_field_is_that_of_the_settings(field):
    settings = Settings(receptive_field=field, generator_filters=1, discriminator_filters=1)
    system = pix2pix.Pix2Pix(settings, "float32", made_examples.task(size=32), 0)
    blocks = [layer for layer in system.discriminator.layers if layer.name.startswith("down_") and "conv" in layer.name]
    assert len(blocks) == {1: 1, 16: 1, 70: 3}[field]


def test_the_first_weights_follow_from_the_seed_and_each_network_has_its_own():
    first, again, other = (little(trained_with(), seed) for seed in (0, 0, 1))
    kernel = first.generator.get_layer("only_conv").kernel.numpy()
    assert np.array_equal(kernel, again.generator.get_layer("only_conv").kernel)
    assert not np.array_equal(kernel, other.generator.get_layer("only_conv").kernel)


def test_optimisers_have_names_of_their_own():
    """Whatever the process has built before: last bits depend on the order of names."""
    assert [[player.optimizer.name for player in networks(little).players.values()] for _ in range(2)] == [
        ["generator_adam", "discriminator_adam"]
    ] * 2
