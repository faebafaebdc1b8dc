"""CycleGAN: its steps against Keras' own layers and a pool in NumPy; its players; a kill with a full pool."""

import keras
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from test_pool import ByHand

from pix2pix.losses.neutral import OF
from pix2pix.params.systems.cyclegan import CycleGAN as Settings
from pix2pix.systems import cyclegan, load
from pix2pix.systems.cyclegan import CycleGAN
from pix2pix.systems.cyclegan_curves import cyclegan_curves
from pix2pix.training.draw import Draw
from pix2pix.training.play import play
from pix2pix.training.system import parts

SIZE, RATE = 16, 2e-4
SMALL = {"generator": "resnet_6", "generator_filters": 2, "discriminator_filters": 2, "receptive_field": 16}
FIELDS = ("input", "target")


def system(task=None, **changes):
    """CycleGAN of few filters, and with a single residual block: graphs of six take many seconds to make."""
    settings = Settings(**{**SMALL, "pool_size": 2, "learning_rate": RATE, **changes})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cyclegan, "_BLOCKS", {"resnet_6": 1})
        return CycleGAN(settings, "float32", task or made_examples.task("picture", "picture", SIZE), 5)


def batch(step, count=1):
    random = np.random.default_rng(step)
    return {name: random.uniform(-1, 1, (count, SIZE, SIZE, 3)).astype(np.float32) for name in FIELDS}


# ---- the reference: plain layers of Keras, no layer of the project ----


def reflected(x, edge):
    return layers.Lambda(lambda maps: tf.pad(maps, [[0, 0], [edge, edge], [edge, edge], [0, 0]], "REFLECT"))(x)


def normed(x):
    return layers.GroupNormalization(groups=-1, epsilon=1e-5, center=False, scale=False)(x)


def reference_generator():
    """Johnson's network as CycleGAN's appendix 7.2 has it: c7s1-2, d4, d8, one R8, u4, u2, c7s1-3."""
    picture = keras.Input((SIZE, SIZE, 3))
    x = layers.ReLU()(normed(layers.Conv2D(2, 7)(reflected(picture, 3))))
    for filters in (4, 8):
        x = layers.ReLU()(normed(layers.Conv2D(filters, 3, 2)(layers.ZeroPadding2D(1)(x))))
    inner = layers.ReLU()(normed(layers.Conv2D(8, 3)(reflected(x, 1))))
    x = layers.Add()([x, normed(layers.Conv2D(8, 3)(reflected(inner, 1)))])
    for filters in (4, 2):
        x = layers.Conv2DTranspose(filters, 3, 2)(x)
        x = layers.ReLU()(normed(layers.Cropping2D(((1, 0), (1, 0)))(x)))
    return keras.Model(picture, layers.Activation("tanh")(layers.Conv2D(3, 7)(reflected(x, 3))))


def reference_discriminator():
    """A patch of 16x16: one convolution of stride 2, two of stride 1; the first has no norm."""
    picture = keras.Input((SIZE, SIZE, 3))
    x = layers.LeakyReLU(negative_slope=0.2)(layers.Conv2D(2, 4, 2, padding="same")(picture))
    x = layers.LeakyReLU(negative_slope=0.2)(normed(layers.Conv2D(4, 4)(layers.ZeroPadding2D(1)(x))))
    return keras.Model(picture, layers.Conv2D(1, 4)(layers.ZeroPadding2D(1)(x)))


class Reference:
    """One step as the authors' code does it, with an optimiser for each network."""

    def __init__(self, like, pool_size, simultaneous):
        forth, back = like._directions
        self.nets = {"G": reference_generator(), "F": reference_generator()}
        self.nets |= {"DT": reference_discriminator(), "DI": reference_discriminator()}
        for name, model in zip(
            self.nets, (forth.generator, back.generator, forth.discriminator, back.discriminator), strict=True
        ):
            self.nets[name].set_weights(model.get_weights())
        self.adam = {name: keras.optimizers.Adam(RATE, beta_1=0.5) for name in self.nets}
        self.pools = {name: ByHand(pool_size) for name in FIELDS}
        self.simultaneous = simultaneous

    def step(self, given, draw):
        g, f, of_target, of_input = (self.nets[name] for name in ("G", "F", "DT", "DI"))
        a, b = given["input"], given["target"]

        def distance(x, y):
            return tf.reduce_mean(tf.abs(x - y))

        with tf.GradientTape(persistent=True) as tape:
            fake_b, fake_a = g(a), f(b)
            gan, back_gan = tf.reduce_mean((of_target(fake_b) - 1) ** 2), tf.reduce_mean((of_input(fake_a) - 1) ** 2)
            cycles = distance(f(fake_b), a), distance(g(fake_a), b)
            kept = distance(f(a), a), distance(g(b), b)
            total = gan + back_gan + 10 * (cycles[0] + cycles[1]) + 5 * (kept[0] + kept[1])
        gradients = {name: tape.gradient(total, self.nets[name].trainable_variables) for name in "GF"}
        if not self.simultaneous:
            self.learn(gradients)
        told = {"generators_total": total, "generator_gan": gan, "back_generator_gan": back_gan}
        told |= {"cycle_input": cycles[0], "cycle_target": cycles[1]}
        told |= {"identity_input": kept[0], "identity_target": kept[1]}
        judged = {}
        sides = (("DT", "target", fake_b, "discriminator"), ("DI", "input", fake_a, "back_discriminator"))
        for name, field, fake, said in sides:
            drawn = draw.uniform(f"pool_{field}", (len(fake), 2)).numpy()
            earlier = np.stack([self.pools[field].query(*each) for each in zip(fake.numpy(), drawn, strict=True)])
            with tf.GradientTape() as tape:
                right = tf.reduce_mean((self.nets[name](given[field]) - 1) ** 2)
                wrong = tf.reduce_mean(self.nets[name](earlier) ** 2)
                loss = (right + wrong) * 0.5
            judged[name] = tape.gradient(loss, self.nets[name].trainable_variables)
            told |= {f"{said}_loss": loss, f"{said}_real": right, f"{said}_fake": wrong}
        self.learn(judged | (gradients if self.simultaneous else {}))
        told["generators_gradient_norm"] = tf.linalg.global_norm([*gradients["G"], *gradients["F"]])
        told["discriminators_gradient_norm"] = tf.linalg.global_norm([*judged["DT"], *judged["DI"]])
        return {name: float(value) for name, value in told.items()}

    def learn(self, gradients):
        for name, each in gradients.items():
            self.adam[name].apply_gradients(zip(each, self.nets[name].trainable_variables, strict=True))


@pytest.mark.parametrize("order", ["generators_first", "simultaneous"])
def test_its_steps_are_those_of_the_authors(order):
    """Two optimisers for four networks are the authors'; as Adam treats each weight by itself, four are the same."""
    ours = system(update_order=order)
    reference = Reference(ours, 2, order == "simultaneous")
    run = tf.function(lambda given, step: play(ours, given, Draw(9, step)))
    exchanged = 0
    for step in range(5):
        number = tf.constant(step, tf.int64)
        told = {name: float(value) for name, value in run(batch(step), number).items()}
        expected = reference.step(batch(step), Draw(9, number))
        # Rounding changes the signs in the gradient of L1, and with them the norm, a little more with each step.
        near = {
            name: pytest.approx(value, rel=0.1 if step and "norm" in name else 3e-3) for name, value in expected.items()
        }
        assert {name: told[name] for name in expected} == near, step
        assert told.keys() - expected.keys() == {
            f"{name}_accuracy_{kind}" for name in ("discriminator", "back_discriminator") for kind in ("real", "fake")
        }
        exchanged += any(len(pool.images) == 2 for pool in reference.pools.values())
    assert exchanged > 2
    forth, back = ours._directions
    networks = (forth.generator, back.generator, forth.discriminator, back.discriminator)
    for model, same in zip(networks, reference.nets.values(), strict=True):
        for weight, other in zip(model.trainable_weights, same.trainable_weights, strict=True):
            # A bias before a norm changes nothing, so its gradient is rounding noise, and Adam moves it anywhere.
            if "kernel" in weight.path:
                near = np.abs(weight.numpy() - other.numpy()) < 0.2 * RATE
                assert near.mean() > 0.95, weight.path


# ---- the system's parts ----


def test_the_system_is_found_by_its_name():
    assert load(Settings().system) is cyclegan


def test_two_players_of_two_networks_and_two_products():
    ours = system()
    assert [[model.name for model in player.models] for player in ours.players.values()] == [
        ["generator", "back_generator"],
        ["discriminator", "back_discriminator"],
    ]
    assert [player.makes for player in ours.players.values()] == [True, False]
    assert list(ours.products) == ["generator", "back"]
    assert ours.moves == (("generators",), ("discriminators",))
    assert system(update_order="simultaneous").moves == (("generators", "discriminators"),)
    assert {"pool_input", "pool_target", "pool_input_filled", "generators_back_generator"} <= parts(ours).keys()


def test_each_direction_takes_and_makes_its_own_channels():
    task = made_examples.task("picture", "picture", SIZE, channels=(1, 3))
    ours = system(task, lambda_identity=0)
    assert ours.products["generator"].input_shape[-1] == ours.products["back"].output_shape[-1] == 1
    given = {"input": tf.zeros((1, SIZE, SIZE, 1)), "target": tf.zeros((1, SIZE, SIZE, 3))}
    told = play(ours, given, Draw(0, tf.constant(0, tf.int64)))
    assert told.keys() == {curve.key for curve in ours.curves} and not [key for key in told if "identity" in key]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"adversarial": "cross_entropy"},
        {"adversarial": "hinge", "spectral_norm": True},
        {"adversarial": "wasserstein", "gradient_penalty": 10},
        {"lambda_identity": 0, "pool_size": 0},
    ],
)
def test_a_step_tells_every_curve(changes):
    ours = system(**changes)
    told = play(ours, batch(0), Draw(0, tf.constant(0, tf.int64)))
    assert told.keys() == {curve.key for curve in ours.curves}
    assert all(np.isfinite(value) for value in told.values())


def test_the_neutral_values_are_those_of_undecided_discriminators():
    curves = {curve.key: curve for curve in cyclegan_curves(Settings())}
    for name in ("discriminator", "back_discriminator"):
        assert curves[f"{name}_loss"].neutral == curves[f"{name}_real"].neutral == OF["least_squares"].value
    assert curves["generator_gan"].neutral == curves["back_generator_gan"].neutral == 0.25
    assert curves["cycle_input"].weight == 10 and curves["identity_target"].weight == 5


def test_the_average_of_the_generators_is_what_is_kept():
    ours = system(ema=0.5)
    play(ours, batch(0), Draw(0, tf.constant(0, tf.int64)))
    trained = ours.players["generators"].models
    for product, model in zip(ours.products.values(), trained, strict=True):
        assert product is not model
        assert not np.array_equal(product.get_weights()[0], model.get_weights()[0])


def test_its_discriminators_have_dropout_masks_of_their_own():
    """With equal weights and equal pictures the answers differ by the masks alone."""
    ours = system(discriminator_dropout=0.5)
    forth, back = ours._directions
    back.discriminator.set_weights(forth.discriminator.get_weights())
    draw, picture = Draw(9, tf.constant(0, tf.int64)), tf.constant(batch(0)["target"])
    one, other, again = (each.judged(None, picture, draw)["generated"] for each in (forth, back, forth))
    assert np.array_equal(one, again) and not np.allclose(one, other)
