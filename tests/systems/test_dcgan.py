"""DCGAN: a step against the book's code written out with layers of Keras, and a run that is stopped and resumes."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from made_sampler import settings

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.data import download, recorder
from pix2pix.data.tasks import task
from pix2pix.evaluation import watching
from pix2pix.params import recipes
from pix2pix.params.file import parsed
from pix2pix.params.systems.dcgan import Dcgan as Settings
from pix2pix.systems import captions, load
from pix2pix.systems import job as jobs
from pix2pix.systems.dcgan import Dcgan
from pix2pix.training.draw import Draw
from pix2pix.training.followers import Followers
from pix2pix.training.play import play

FEW = {"noise_size": 5, "generator_filters": 4, "discriminator_filters": 4}
DRAW = Draw(3, tf.constant(0, tf.int64))


def system(**changes) -> Dcgan:
    return Dcgan(Settings(**FEW | changes), "float32", task(settings().data), seed=1)


def batch(count: int = 6) -> dict[str, tf.Tensor]:
    return {"target": tf.random.stateless_uniform((count, 32, 32, 1), [5, 6], -1, 1)}


def test_the_system_is_found_by_its_name_and_its_curves_have_captions():
    assert load("dcgan").Dcgan is Dcgan
    assert {curve.key for curve in system().curves} <= captions.OF["dcgan"].keys()


def test_the_values_are_the_books():
    made = Settings()
    assert (made.noise_size, made.learning_rate, made.beta_1, made.norm_momentum) == (100, 2e-4, 0.5, 0.9)
    assert (made.label_noise, made.label_noise_direction, made.discriminator_dropout) == (0.1, "outward", 0.3)
    recipe = params.check(parsed(recipes.text("dcgan"), "dcgan"))
    assert recipe.model == made
    assert (recipe.train.epochs, recipe.train.batch_size, recipe.data.image_size) == (300, 128, 64)


# ---- the book's code ----


def book_discriminator() -> keras.Model:
    given = x = layers.Input((32, 32, 1))
    for number, filters in enumerate((4, 8, 16)):
        x = layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x) if number else x
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(1, 4, strides=1, padding="valid", use_bias=False, activation="sigmoid")(x)
    return keras.Model(given, x)


def book_generator() -> keras.Model:
    given = layers.Input((5,))
    x = layers.Reshape((1, 1, 5))(given)
    for number, filters in enumerate((16, 8, 4)):
        strides, padding = (2, "same") if number else (1, "valid")
        x = layers.Conv2DTranspose(filters, 4, strides=strides, padding=padding, use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2DTranspose(1, 4, strides=2, padding="same", use_bias=False, activation="tanh")(x)
    return keras.Model(given, x)


class Book:
    """`train_step` of the book, with the random numbers of a `Draw`; dropout is left out, whose masks are its own."""

    def __init__(self, ours: Dcgan) -> None:
        self.generator, self.discriminator = book_generator(), book_discriminator()
        self.generator.set_weights(ours.generator.get_weights())
        self.discriminator.set_weights(ours.discriminator.get_weights())
        self.loss = keras.losses.BinaryCrossentropy()
        self.g_optimizer, self.d_optimizer = (keras.optimizers.Adam(2e-4, beta_1=0.5, beta_2=0.999) for _ in range(2))

    def step(self, real: tf.Tensor, draw: Draw) -> dict[str, float]:
        noise = draw.normal("noise", [len(real), 5])
        shape = (len(real), 1, 1, 1)
        with tf.GradientTape() as of_generator, tf.GradientTape() as of_discriminator:
            made = self.generator(noise, training=True)
            real_answers = self.discriminator(real, training=True)
            made_answers = self.discriminator(made, training=True)
            real_labels = tf.ones(shape) + 0.1 * draw.uniform("discriminator/real label noise", shape)
            made_labels = tf.zeros(shape) - 0.1 * draw.uniform("discriminator/generated label noise", shape)
            d_loss = (self.loss(real_labels, real_answers) + self.loss(made_labels, made_answers)) / 2
            g_loss = self.loss(tf.ones(shape), made_answers)
        for tape, loss, network, optimizer in (
            (of_discriminator, d_loss, self.discriminator, self.d_optimizer),
            (of_generator, g_loss, self.generator, self.g_optimizer),
        ):
            weights = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        accuracy = float(tf.reduce_mean(tf.cast(real_answers > 0.5, tf.float32)))
        return {"generator_gan": float(g_loss), "discriminator_accuracy_real": accuracy}


def test_a_step_is_the_books():
    ours = system(discriminator_dropout=0.0)
    book = Book(ours)
    measured, expected = play(ours, batch(), DRAW), book.step(batch()["target"], DRAW)
    assert {key: float(measured[key]) for key in expected} == pytest.approx(expected, rel=1e-5)
    for name, network, optimizer in (
        ("generator", book.generator, book.g_optimizer),
        ("discriminator", book.discriminator, book.d_optimizer),
    ):
        player = ours.players[name]
        for moment, its in zip(player.optimizer.variables[2:], optimizer.variables[2:], strict=True):
            np.testing.assert_allclose(moment, its, rtol=2e-3, atol=2e-7)
        moved = [weight.numpy() for weight in optimizer.variables[2:][::2]]
        for one, other, moment in zip(player.variables, network.trainable_variables, moved, strict=True):
            clear = np.abs(moment) > 1e-5  # Adam's first step is as long for a gradient that rounding has made
            np.testing.assert_allclose(one.numpy()[clear], other.numpy()[clear], atol=2e-6)
        for one, other in zip(player.models[0].non_trainable_variables, network.non_trainable_variables, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_sure_discriminator_is_not_pushed_on():
    """Keras cuts probabilities at 1e-7, and so does the loss here: beyond, labels of more than 1 teach nothing."""
    ours = system(discriminator_dropout=0.0)
    last = ours.discriminator.get_layer("logits_conv")
    last.kernel.assign(last.kernel * 1e6)
    verdicts = ours.judge({"discriminator"}, batch(), {"generated": batch()["target"]}, DRAW)
    assert float(tf.reduce_max(tf.abs(verdicts["real"]))) == pytest.approx(np.log((1 - 1e-7) / 1e-7), rel=1e-6)


def test_every_step_has_its_own_noise_and_dropout():
    ours = system()
    made = [ours.make(batch(), Draw(3, tf.constant(step, tf.int64)))["generated"].numpy() for step in (0, 1, 0)]
    assert np.array_equal(made[0], made[2]) and not np.array_equal(made[0], made[1])
    dropped = [layer.rate for layer in ours.discriminator.layers if isinstance(layer, layers.Dropout)]
    assert dropped == [0.3] * 3


# ---- whole runs ----


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bricks")
    data = _asked().data
    download.fetch(data, params.Prepare(), 1, folder / "raw")
    recorder.write(folder / "raw", data, params.Prepare(), folder / "records")
    return folder / "records"


def _asked(**changes) -> params.Params:
    """Ten pictures in batches of four, so three steps an epoch, the last of two pictures."""
    train = {
        "epochs": 3, "batch_size": 4, "buffer_size": 10, "jitter_scale": 1.0, "mirror": False, "log_every": 2,
        "checkpoint_epochs": 2, "checkpoint_minutes": 1e6, "validation_pairs": 4, "sample_pairs": 3,
    }  # fmt: skip
    made = settings(sample_train=10, sample_val=4, sample_test=2)
    return params.Params(data=made.data, model=made.model, train=params.Train(**train | changes))


def start(records: Path, folder: Path, stop=lambda: None, **changes):
    asked = _asked(**changes)
    job = jobs.job(asked, records, watching.measures(asked.data), lambda *_: {}, None)
    return job.train(job.prepared(), folder, [], Followers(), stop)


@pytest.fixture(scope="module")
def straight(records, tmp_path_factory):
    folder = tmp_path_factory.mktemp("straight") / "run"
    return folder, start(records, folder)


def test_a_run_is_measured_and_draws_its_samples_from_the_same_noise(straight):
    _, trained = straight
    assert [row["epoch"] for row in trained.progress.validation] == [1, 2, 3]
    assert trained.progress.validation[0].keys() == {"epoch", "validation_swd", "validation_spread"}
    assert list(trained.progress.samples) == [1, 2, 3]
    assert {sheet.shape for sheet in trained.progress.samples.values()} == {(40, 3 * 36 + 4, 3)}


def test_the_best_epoch_can_be_chosen_by_its_distance(records, tmp_path):
    trained = start(records, tmp_path / "run", select="validation_swd")
    distances = {row["epoch"]: row["validation_swd"] for row in trained.progress.validation}
    assert trained.epoch == min(distances, key=distances.get)


@pytest.mark.parametrize(
    ("section", "changes", "says"),
    [
        ("train", {"select": "validation_ssim"}, "train.select = 'validation_ssim': must be last, validation_swd"),
        ("train", {"cutout": 0.2}, "train.cutout = 0.2: must be 0, because data.task: pictures has no input"),
        (
            "data",
            {"task": "pairs", "dataset": "facades"},
            "data.task = 'pairs': must be pictures, because model.system",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(section, changes, says):
    content = parsed(recipes.text("dcgan"), "dcgan")
    content[section] |= changes
    with pytest.raises(ParamsError) as caught:
        params.check(content)
    assert says in str(caught.value)


def test_pix2pix_needs_inputs():
    content = parsed(recipes.text("tutorial"), "tutorial")
    content["data"] |= {"dataset": "bricks", "task": "pictures"}
    with pytest.raises(ParamsError, match=r"model.system = 'pix2pix': must be a system that makes pictures from noise"):
        params.check(content)
