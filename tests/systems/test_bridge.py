"""A bridge: a step against plain operations, its draws, its look."""

import by_hand
import made_examples
import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with

from pix2pix.base.errors import ParamsError
from pix2pix.data.labels import CMP
from pix2pix.evaluation import likeness
from pix2pix.params.systems.bridge import Bridge as Settings
from pix2pix.systems import bridge, captions, load
from pix2pix.systems.bridge import Bridge
from pix2pix.training.draw import Draw
from pix2pix.training.looks import Watching
from pix2pix.training.play import play
from pix2pix.training.walk_look import WalkLook

SIZE, RATE = 16, 1e-3
SMALL = {"generator_filters": 2, "generator_depth": 2, "learning_rate": RATE, "ema": 0.0, "noise_level": 0.7}
RANDOM = np.random.default_rng(0)
LABELS = CMP.paint(np.kron(RANDOM.integers(0, 12, (2, 4, 4)), np.ones((4, 4), int)).astype(np.uint8))
BATCH = {
    "input": tf.constant(LABELS.astype(np.float32) / 127.5 - 1),
    "target": tf.constant(RANDOM.uniform(-1, 1, (2, SIZE, SIZE, 3)), tf.float32),
}
DRAW = Draw(3, tf.constant(5, tf.int64))


def system(size=SIZE, task=None, **changes):
    ours = Bridge(Settings(**SMALL | changes), "float32", task or made_examples.task(size=size), 5, CMP)
    random = np.random.default_rng(7)
    for weight in ours.generator.trainable_weights:  # its last layer begins with 0
        weight.assign(random.uniform(-0.3, 0.3, weight.shape))
    return ours


@pytest.mark.parametrize(
    ("kind", "label_input"), [("label map", "colours"), ("label map", "one_hot"), ("picture", "colours")]
)
def test_a_step_is_that_of_the_equations(kind, label_input):
    """What is seen is cos θ ζ + sin θ r / s, what is wanted cos θ r / s - sin θ ζ; the guess follows from both."""
    ours, level = system(task=made_examples.task(kind, size=SIZE), label_input=label_input), 0.7
    weights, given, target = by_hand.taken(ours.generator), BATCH["input"], BATCH["target"]
    time = DRAW.uniform("time", [2, 1, 1, 1])
    theta = tf.atan2(time / 2, (1 - time) * level)
    place = given if kind == "picture" else 0.0  # the colours of a label map stand for classes
    noise, r = DRAW.normal("start", [2, SIZE, SIZE, 3]), (target - place) / 0.5
    seen = tf.cos(theta) * noise + tf.sin(theta) * r
    shown = by_hand.one_hot(given, CMP) if label_input == "one_hot" else given
    with tf.GradientTape() as tape:
        answer = by_hand.timed_unet(weights, [seen, time[:, :, 0, 0], shown], levels=2)
        loss = tf.reduce_mean((answer - (tf.cos(theta) * r - tf.sin(theta) * noise)) ** 2)
    guess = place + 0.5 * (tf.sin(theta) * seen + tf.cos(theta) * answer)
    slopes = tape.gradient(loss, list(weights.values()))
    told = play(ours, BATCH, DRAW)
    assert told.keys() == {curve.key for curve in ours.curves} == captions.BRIDGE.keys()
    expected = {
        "generator_loss": loss,
        "generator_l1": tf.reduce_mean(abs(guess - target)),
        "generator_gradient_norm": tf.linalg.global_norm(slopes),
    }
    for name, value in expected.items():
        assert float(told[name]) == pytest.approx(float(value), rel=1e-3), name
    for (path, before), slope in zip(weights.items(), slopes, strict=True):  # Adam's first step of β₂ 0.99
        moved = next(weight for weight in ours.generator.trainable_weights if weight.path == path) - before
        settled = np.abs(slope) > 1e-4 * np.abs(slope).max()
        step = -RATE * slope / (tf.abs(slope) + 1e-6)
        np.testing.assert_allclose(moved.numpy()[settled], step.numpy()[settled], rtol=0.05, atol=0.02 * RATE)


def test_time_and_noise_follow_from_the_seed_and_the_step():
    ours = system()
    draws = [Draw(seed, tf.constant(step, tf.int64)) for seed, step in ((3, 0), (3, 0), (4, 0), (3, 1))]
    first, again, *others = (ours.make(BATCH, draw)["wanted"].numpy().tobytes() for draw in draws)
    assert first == again and len({first, *others}) == 3


def test_the_system_is_found_by_its_name_and_has_an_average():
    assert load(Settings().system) is bridge
    ours = system(ema=0.9)
    assert ours.products["generator"] is not ours.generator


def test_a_bridge_from_grey_to_colours_of_16_bits():
    task = made_examples.task("picture", "picture", SIZE, (1, 3), (8, 16))
    batch = {"input": BATCH["input"][..., :1], "target": BATCH["target"]}
    assert play(system(task=task), batch, DRAW)["generator_loss"] > 0


def test_classes_need_a_label_map():
    with pytest.raises(ParamsError, match=r"^the networks read classes, and the input is no label map with classes"):
        Bridge(Settings(label_input="one_hot", **SMALL), "float32", made_examples.task("picture"), 0, CMP)


def look(ours, pairs, steps=3):
    watching = Watching.of(
        trained_with(epochs=1, validation_pairs=3, sample_pairs=2).train,
        {"train": made_examples.of(pairs), "selection": made_examples.of(pairs)},
        likeness.WATCHED,
    )
    walk = Settings(**SMALL).walk.asked(steps)
    return WalkLook(ours.products["generator"], watching, walk)


def pairs_of(count):
    return [tuple(np.random.default_rng(n).integers(0, 256, (2, SIZE, SIZE, 3), np.uint8)) for n in range(count)]


def test_the_look_measures_how_far_answers_go_and_differ():
    pairs = pairs_of(3)
    seen = look(system(), pairs)
    row = seen.validation(1)
    made = np.stack([seen._used(label, 0) for label, _ in pairs]).astype(float)
    labels, photos = np.stack(pairs, axis=1).astype(float)
    moved = np.abs(made - labels).mean() / np.abs(photos - labels).mean()
    assert row["validation_moved"] == pytest.approx(moved, rel=1e-4)
    apart = [np.abs(each - np.roll(each, 1, axis=0)).mean() for each in (made, photos)]  # all three pairs of pictures
    assert row["validation_varied"] == pytest.approx(apart[0] / apart[1], rel=1e-4)
    assert list(row) == ["epoch", *(f"validation_{key}" for key in ("l1", "ssim", "moved", "varied"))]


def test_samples_show_an_answer_in_one_step_beside_that_in_all():
    pairs = pairs_of(2)
    seen, at_once = look(system(), pairs), look(system(), pairs, steps=1)
    grid, space = seen.sample(1), SIZE + 4
    assert grid.shape == (4 + 2 * space, 4 + 4 * space, 3)
    shown = [pairs[0][0], at_once._used(pairs[0][0], 0), seen._used(pairs[0][0], 0), pairs[0][1]]
    for column, picture in enumerate(shown):
        np.testing.assert_array_equal(grid[4 : 4 + SIZE, 4 + column * space :][:, :SIZE], picture)


def test_the_look_of_other_channels_begins_with_their_mean():
    random, task = np.random.default_rng(2), made_examples.task("picture", "picture", SIZE, (1, 3), (8, 16))
    grey = random.integers(0, 256, (2, SIZE, SIZE, 1), np.uint8)
    photos = random.integers(0, 65536, (2, SIZE, SIZE, 3), np.uint16)
    examples = made_examples.of([*zip(grey, photos, strict=True)], task)
    watching = Watching(examples, examples, {}, 2, 1, 1, None)
    seen = WalkLook(system(task=task).generator, watching, Settings(**SMALL).walk.asked(1))
    made = np.stack([seen._used(given, 0) for given in grey]).astype(float)
    expected = np.abs(made - 257.0 * grey).mean() / np.abs(photos - 257.0 * grey).mean()
    assert seen.validation(1)["validation_moved"] == pytest.approx(expected, rel=1e-4)
