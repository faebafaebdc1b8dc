"""OASIS: a step against plain operations, its noise."""

import by_hand
import made_examples
import made_instances
import numpy as np
import pytest
import tensorflow as tf

from pix2pix.base.errors import ParamsError
from pix2pix.data.labels import CMP
from pix2pix.params import Params, check
from pix2pix.params.systems.oasis import Oasis as Settings
from pix2pix.systems import load, oasis
from pix2pix.systems.oasis import Oasis
from pix2pix.training.draw import Draw
from pix2pix.training.play import play

SIZE, RATE = 64, 1e-3
SMALL = {"noise_size": 3, "generator_filters": 1, "spade_features": 3, "discriminator_filters": 4}
SMALL |= {"learning_rate": RATE, "discriminator_learning_rate": 4 * RATE, "ema": 0.0}
RANDOM = np.random.default_rng(0)
LABELS = CMP.paint(np.kron(RANDOM.integers(0, 12, (2, 8, 8)), np.ones((8, 8), int)).astype(np.uint8))
BATCH = {
    "input": tf.constant(LABELS.astype(np.float32) / 127.5 - 1),
    "target": tf.constant(RANDOM.uniform(-1, 1, (2, SIZE, SIZE, 3)), tf.float32),
}


def system(size=SIZE, **changes):
    return Oasis(Settings(**SMALL | changes), "float32", made_examples.task(size=size), 5, CMP)


def noise_of(model, draw):
    """The noise that the layer adds in its next call, `(2, 3)`."""
    draw.dropout(model)
    return model.get_layer("noise")(tf.zeros((2, 1, 1, 3)), training=True)


def cross_entropy(logits, one_hot, weights):
    return tf.reduce_mean(weights * tf.nn.softmax_cross_entropy_with_logits(one_hot, logits))


def test_a_step_is_that_of_the_paper():
    """The generator learns first; the discriminator meets new pictures of it, from other noise, and mixed ones."""
    ours, draw = system(), Draw(3, tf.constant(0, tf.int64))
    for network in (ours.generator, ours.discriminator):
        by_hand.settle(network)
    made, judge = by_hand.taken(ours.generator), by_hand.taken(ours.discriminator)
    seg, real = by_hand.one_hot(BATCH["input"], CMP), BATCH["target"]
    nobody = tf.zeros((2, SIZE, SIZE, 1))
    counts = np.asarray(seg).sum((0, 1, 2))
    weights = tf.reduce_sum(
        seg * np.where(counts > 0, 2 * SIZE**2 / (np.maximum(counts, 1) * (counts > 0).sum()), 0), -1
    )

    def generated(move):
        planes = tf.broadcast_to(noise_of(ours.generator, draw.of(move)), (2, SIZE, SIZE, 3))
        return by_hand.spade(made, tf.concat([planes, seg], -1), (6, (2, 3, 4, 5, 6)))

    def read(pictures):
        return by_hand.segmenting(judge, pictures, blocks=6)

    as_real = tf.concat([nobody, seg], -1)
    with tf.GradientTape() as tape:
        gan = cross_entropy(read(generated(0)), as_real, weights)
    slopes = tape.gradient(gan, list(made.values()))
    expected = {"generator_gan": gan, "generator_gradient_norm": tf.linalg.global_norm(slopes)}
    for variable, slope in zip(made.values(), slopes, strict=True):  # Adam's first step of β₁ 0 and β₂ 0.999
        variable.assign_sub(RATE * np.sqrt(0.001) * slope / (np.sqrt(0.001) * tf.abs(slope) + 1e-7))

    fake = generated(1)
    half = (draw.of(1).uniform("labelmix", [12]).numpy() < 0.5).astype(np.float32)
    mask = tf.reduce_sum(seg * half, -1, keepdims=True)
    with tf.GradientTape() as tape:
        of_real, of_fake, of_mixed = (read(pictures) for pictures in (real, fake, tf.where(mask == 1, real, fake)))
        right = cross_entropy(of_real, as_real, weights)
        false = cross_entropy(of_fake, tf.concat([nobody + 1, 0 * seg], -1), 1.0)
        mixture = tf.reduce_mean((tf.where(mask == 1, of_real, of_fake) - of_mixed) ** 2)
        total = right + false + 10 * mixture
    slopes = tape.gradient(total, list(judge.values()))
    expected |= {"discriminator_real": right, "discriminator_fake": false, "discriminator_labelmix": mixture}
    expected |= {"discriminator_loss": right + false, "discriminator_gradient_norm": tf.linalg.global_norm(slopes)}

    told = play(ours, BATCH, draw)
    for name, value in expected.items():
        assert float(told[name]) == pytest.approx(float(value), rel=3e-3, abs=2e-5), name
    assert told.keys() == {curve.key for curve in ours.curves}
    for weight in ours.generator.trainable_weights:
        if "kernel" in weight.path:
            near = np.abs(weight.numpy() - made[weight.path].numpy()) < 0.1 * RATE
            assert near.mean() > 0.95, weight.path


def test_the_system_is_found_by_its_name():
    assert load(Settings().system) is oasis


def test_without_labelmix_nothing_is_mixed():
    ours = system(32, lambda_labelmix=0)
    batch = {name: pictures[:, :32, :32] for name, pictures in BATCH.items()}
    told = play(ours, batch, Draw(3, tf.constant(0, tf.int64)))
    assert told.keys() == {curve.key for curve in ours.curves} and "discriminator_labelmix" not in told


def test_noise_follows_from_the_seed_the_step_and_the_move():
    ours = system(32)
    draws = [Draw(seed, tf.constant(step, tf.int64), move) for seed, step, move in
             ((3, 0, 0), (3, 0, 0), (4, 0, 0), (3, 1, 0), (3, 0, 1))]  # fmt: skip
    first, again, *others = (noise_of(ours.generator, draw).numpy() for draw in draws)
    np.testing.assert_array_equal(first, again)
    assert len({each.tobytes() for each in (first, *others)}) == 4
    assert not np.array_equal(first[0], first[1]), "each picture of a batch has noise of its own"


def test_the_generator_sees_edges_of_instances():
    """Ids of other edges give other pictures, and others of the same edges give the same."""
    ours = Oasis(Settings(**SMALL), "float32", made_instances.TASK, 5, CMP)
    ids = np.stack([made_instances.ids(seed) for seed in (0, 1)])
    weights = ours.generator.get_weights()

    def made(ids):
        ours.generator.set_weights(weights)  # each use turns the directions of spectral norm
        batch = {"input": BATCH["input"][:, :32, :32], "instances": tf.constant(ids / np.float32(32767.5) - 1)}
        return ours.make(batch, Draw(3, tf.constant(0, tf.int64)))["generated"].numpy()

    first = made(ids)
    np.testing.assert_array_equal(made(ids * 2 + 5), first)
    assert not np.array_equal(made(ids[:, ::-1]), first)


def test_an_input_without_classes_is_refused():
    with pytest.raises(ParamsError, match=r"^the networks read classes, and the input is no label map with classes"):
        Oasis(Settings(**SMALL), "float32", made_examples.task("picture"), 0, CMP)
    content = Params().model_dump(mode="json")
    content["model"] = Settings().model_dump(mode="json")
    content["data"]["palette"] = "none"
    with pytest.raises(ParamsError) as caught:
        check(content)
    assert str(caught.value) == (
        "params.yaml: model.system = 'oasis': must be another system, because the input is no label map with classes "
        "(data.direction, data.palette)"
    )
