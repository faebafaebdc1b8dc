"""pix2pixHD and SPADE: a step against plain operations, what the section makes of the system."""

import by_hand
import made_examples
import made_instances
import numpy as np
import pytest
import tensorflow as tf
from toy_training import same_weights

from pix2pix.base.errors import ParamsError, TrainingError
from pix2pix.data.labels import CMP
from pix2pix.networks import folder
from pix2pix.networks.generators import unet
from pix2pix.params.systems.pix2pixhd import Pix2pixHD as Settings
from pix2pix.systems import load, pix2pixhd
from pix2pix.systems.pix2pixhd import Pix2pixHD
from pix2pix.training.draw import Draw
from pix2pix.training.play import play
from pix2pix.training.start import Start

SIZE, RATE = 64, 1e-3
SMALL = {"generator_filters": 1, "spade_features": 3, "discriminator_filters": 2, "learning_rate": RATE}
SPADE = {
    "generator": "spade",
    "generator_norm": "batch",
    "adversarial": "hinge",
    "scales_loss": "mean",
    "discriminator_loss": "sum",
    "discriminator_learning_rate": 4 * RATE,
    "beta_1": 0.0,
    "beta_2": 0.9,
    "update_order": "generator_first",
    "spectral_norm": True,
}
PICTURES = np.random.default_rng(0).integers(0, 256, (2, 2, SIZE, SIZE, 3)).astype(np.float32) / 127.5 - 1
BATCH = dict(zip(("input", "target"), map(tf.constant, PICTURES), strict=True))


def system(size=SIZE, **changes):
    return Pix2pixHD(Settings(**SMALL | changes), "float32", made_examples.task(size=size), 5, CMP)


def played(made, batch=BATCH, step=0):
    return play(made, batch, Draw(3, tf.constant(step, tf.int64)))


# ---- a step against the papers' equations ----


def adam(variables, gradients, rate, beta_2):
    """The first step of Adam with β₁ 0 (Kingma & Ba 2015, algorithm 1): both moments are free of bias."""
    corrected = np.sqrt(1 - beta_2)
    for name, gradient in gradients.items():
        root = np.sqrt((1 - beta_2) * gradient**2)
        variables[name].assign_sub(rate * corrected * gradient / (root + 1e-7))


def mean_of_scales(answers, cost):
    return tf.add_n([tf.reduce_mean(cost(scale[-1])) for scale in answers]) / len(answers)


def matching(real, generated):
    pairs = [
        (a, b) for one, other in zip(real, generated, strict=True) for a, b in zip(one[:-1], other[:-1], strict=True)
    ]
    return tf.add_n([tf.reduce_mean(tf.abs(tf.stop_gradient(a) - b)) for a, b in pairs]) / len(real)


def test_a_step_of_spade_is_that_of_the_paper():
    """Hinge on two scales, feature matching 10, the generator first; then new pictures for the discriminator."""
    ours = system(**SPADE)
    for network in (ours.generator, ours.discriminator):
        by_hand.settle(network)
    made, judge = by_hand.taken(ours.generator), by_hand.taken(ours.discriminator)
    seg, target = by_hand.one_hot(BATCH["input"], CMP), BATCH["target"]
    blocks = 7, (2, 4, 5, 6, 7)

    with tf.GradientTape() as tape:
        fake = by_hand.spade(made, seg, blocks)
        answers = by_hand.judged(judge, seg, fake, spectral=True)
        features = matching(by_hand.judged(judge, seg, target, spectral=True), answers)
        gan = mean_of_scales(answers, tf.negative)
        total = gan + 10 * features
    gradients = dict(zip(made, tape.gradient(total, list(made.values())), strict=True))
    expected = {"generator_total": total, "generator_gan": gan, "generator_features": features}
    expected["generator_gradient_norm"] = tf.linalg.global_norm(list(gradients.values()))
    adam(made, {name: value.numpy() for name, value in gradients.items()}, RATE, 0.9)
    fresh = by_hand.spade(made, seg, blocks)
    with tf.GradientTape() as tape:
        real = mean_of_scales(by_hand.judged(judge, seg, target, spectral=True), lambda x: tf.nn.relu(1 - x))
        false = mean_of_scales(by_hand.judged(judge, seg, fresh, spectral=True), lambda x: tf.nn.relu(1 + x))
        loss = real + false
    slopes = dict(zip(judge, tape.gradient(loss, list(judge.values())), strict=True))
    expected |= {"discriminator_real": real, "discriminator_fake": false, "discriminator_loss": loss}
    expected["discriminator_gradient_norm"] = tf.linalg.global_norm(list(slopes.values()))
    adam(judge, {name: value.numpy() for name, value in slopes.items()}, 4 * RATE, 0.9)

    told = played(ours)
    for name, value in expected.items():
        # Where a gradient of the generator is rounding noise, Adam makes a whole step of it: new pictures differ.
        near = 0.01 if name == "discriminator_gradient_norm" else 2e-3
        assert float(told[name]) == pytest.approx(float(value), rel=near, abs=2e-5), name
    same_kernels(ours.generator, made, RATE)
    same_kernels(ours.discriminator, judge, 4 * RATE)


def same_kernels(model, expected, rate):
    for weight in model.trainable_weights:
        if "kernel" in weight.path:  # a bias before a norm has no gradient but rounding, which Adam makes a step of
            near = np.abs(weight.numpy() - expected[weight.path].numpy()) < 0.1 * rate
            assert near.mean() > 0.95, weight.path


def test_a_step_of_pix2pixhd_has_the_losses_of_its_code():
    """Least squares added up over two scales and halved for the discriminator, and ten times the features."""
    ours = system()
    judge = by_hand.taken(ours.discriminator)
    seg, fake = by_hand.one_hot(BATCH["input"], CMP), ours.generator(BATCH["input"])
    answers, real = (by_hand.judged(judge, seg, picture, spectral=False) for picture in (fake, BATCH["target"]))
    gan = 2 * mean_of_scales(answers, lambda x: (x - 1) ** 2)
    total = gan + 10 * matching(real, answers)
    both = mean_of_scales(real, lambda x: (x - 1) ** 2) + mean_of_scales(answers, tf.square)
    verdicts = ours.judge({"generator", "discriminator"}, BATCH, {"generated": fake}, Draw(3, tf.constant(0)))
    losses = ours.losses("discriminator", BATCH, {"generated": fake}, verdicts)
    assert float(losses["total"]) == pytest.approx(float(both), rel=1e-4)  # of two scales, half of the sum is the mean
    told = played(ours)
    assert float(told["generator_total"]) == pytest.approx(float(total), rel=1e-4)
    assert float(told["discriminator_loss"]) == pytest.approx(float(both) / 2, rel=1e-4)


# ---- instance maps ----


def test_instances_are_a_plane_of_edges_for_both_networks():
    """A step with ids is the one in which inputs of four channels have the plane; its networks see edges alone."""
    settings, ids = (
        Settings(**SMALL | {"label_input": "colours"}),
        np.stack([made_instances.ids(seed) for seed in (0, 1)]),
    )
    batch = {name: pictures[:, :32, :32] for name, pictures in BATCH.items()}
    planes = {"input": tf.concat([batch["input"], by_hand.edges(ids[..., 0])], -1), "target": batch["target"]}
    task = made_examples.task("picture", size=32, channels=(4, 3))
    by_plane, ours = Pix2pixHD(settings, "float32", task, 5), Pix2pixHD(settings, "float32", made_instances.TASK, 5)

    def seen(ids):
        return batch | {"instances": tf.constant(ids / np.float32(32767.5) - 1)}

    def made(ids):
        draw = Draw(3, tf.constant(1, tf.int64))
        pictures = ours.make(seen(ids), draw)
        return pictures["generated"].numpy(), ours.judge({"discriminator"}, seen(ids), pictures, draw)["real"].numpy()

    expected, told = played(by_plane, planes), played(ours, seen(ids))
    assert {name: float(value) for name, value in told.items()} == pytest.approx(
        {name: float(value) for name, value in expected.items()}, rel=1e-5
    )
    for one, other in zip(ours.generator.weights, by_plane.generator.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    for one, same, other in zip(made(ids), made(ids * 2 + 5), made(ids[:, ::-1]), strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)


# ---- what the section makes of the system ----


def test_the_system_is_found_by_its_name():
    assert load(Settings().system) is pix2pixhd


@pytest.mark.parametrize(
    "changes",
    [
        SPADE,
        {"lambda_features": 0.0, "update_order": "generator_first"},
        {"lambda_features": 0.0, "diff_augment": "colour+translation+cutout", "label_noise": 0.1, "ema": 0.9},
        {
            "lambda_features": 0.0,
            "gradient_penalty": 10.0,
            "discriminator_dropout": 0.3,
            "instance_noise": 0.1,
            "discriminator_scales": 3,
        },
        {"generator_norm": "batch", "discriminator_scales": 1, "label_input": "colours"},
    ],
    ids=str,
)
def test_a_step_tells_every_curve(changes):
    ours = system(size=32, **changes)
    batch = {name: pictures[:, :32, :32] for name, pictures in BATCH.items()}
    told = played(ours, batch)
    assert told.keys() == {curve.key for curve in ours.curves}
    assert np.isfinite([float(value) for value in told.values()]).all()


def test_vgg_compares_generated_pictures_with_the_real_ones(monkeypatch):
    """In place of VGG19 stands a network whose five maps are the picture itself: the weights add up to 1.46875."""
    monkeypatch.setattr(pix2pixhd, "VGG19", lambda _: lambda pictures: [pictures] * 5)
    ours = system(size=32, vgg_weights="imagenet", lambda_vgg=3.0, lambda_features=0.0)
    told = played(ours, {name: pictures[:, :32, :32] for name, pictures in BATCH.items()})
    assert told.keys() == {curve.key for curve in ours.curves}
    assert float(told["generator_vgg"]) == pytest.approx(1.46875 * float(told["generator_l1"]), rel=1e-5)
    expected = 2 * float(told["generator_gan"]) + 3 * float(told["generator_vgg"])
    assert float(told["generator_total"]) == pytest.approx(expected, rel=1e-5)


def test_scales_count_alike_however_many_answers_they_have():
    weights = pix2pixhd._weights([6, 2])
    answers = np.array([1, 2, 3, 4, 5, 6, 10, 20], np.float32)
    assert (weights * answers).mean() == pytest.approx((3.5 + 15) / 2)


def test_the_neutral_values_are_those_of_undecided_discriminators():
    ours = system(size=32)
    undecided = {name: tf.zeros((1, 13 * 13 + 11 * 11)) + 0.5 for name in ("real", "generated")}
    ours._judging = pix2pixhd.Judging(Settings(), factor=0.5)
    losses = ours.losses("discriminator", BATCH, {}, undecided)
    neutral = {curve.key: curve.neutral for curve in ours.curves if curve.neutral and curve.player == "discriminator"}
    assert {name: float(losses[name]) for name in neutral if "accuracy" not in name} == pytest.approx(
        {name: value for name, value in neutral.items() if "accuracy" not in name}
    )


def test_classes_that_are_not_there_are_not_seen():
    with pytest.raises(ParamsError, match=r"^the networks read classes, and the input is no label map with classes"):
        Pix2pixHD(Settings(**SMALL), "float32", made_examples.task("picture"), 0, CMP)


# ---- train.start_from ----


def test_a_model_folder_of_the_global_generator_gives_its_weights(tmp_path):
    other = Pix2pixHD(Settings(**SMALL), "float32", made_examples.task(size=32), 9, CMP)
    folder.save(other.generator, tmp_path / "other", {})
    ours = system(size=32)
    Start(tmp_path / "other", "other").give(ours)
    same_weights(ours.generator, other.generator)


@pytest.mark.parametrize(
    ("network", "changes", "said"),
    [
        (lambda: unet.generator((32, 32), filters=1), {}, "the layer [a-z_0-9]+ of the generator has a [a-z]+ of"),
        (lambda: unet.generator((32, 32), filters=1), SPADE, "the layer first_conv of the generator has a kernel of"),
        (lambda: system(32).generator, SPADE, "the layer first_conv of the generator has a kernel of"),
        (lambda: system(32, **SPADE).generator, SPADE, "_conv of the generator has a direction of .* and none there"),
    ],
    ids=["a U-Net", "a U-Net for SPADE", "the global generator for SPADE", "SPADE without its norm's state"],
)
def test_another_model_folder_is_refused_in_one_line(network, changes, said, tmp_path):
    folder.save(network(), tmp_path / "other", {})
    with pytest.raises(TrainingError, match=f"^train.start_from = other: does not fit: .*{said}[^\n]*$"):
        Start(tmp_path / "other", "other").check(system(32, **changes))
