"""The conditional GAN: a step against the book's code written out with layers of Keras, and a run that resumes."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from made_sampler import settings_with_classes
from toy_training import (
    never,
    sums_of_shared_terms,
)

from pix2pix import params
from pix2pix.base.determinism import make_deterministic
from pix2pix.base.errors import ParamsError
from pix2pix.data.examples import Examples
from pix2pix.data.manifests import Manifest
from pix2pix.data.tasks import task
from pix2pix.evaluation import watching
from pix2pix.params import recipes
from pix2pix.params.file import parsed
from pix2pix.params.systems.cgan import Cgan as Settings
from pix2pix.systems import captions, cgan, load
from pix2pix.systems import job as jobs
from pix2pix.systems.cgan import Cgan
from pix2pix.training.draw import Draw
from pix2pix.training.fingerprint import deciding, decisive
from pix2pix.training.followers import Followers
from pix2pix.training.job import Job
from pix2pix.training.play import play
from pix2pix.training.windows import Windows

FEW = {"noise_size": 5, "generator_filters": 4, "discriminator_filters": 4}
DRAW = Draw(3, tf.constant(0, tf.int64))
TASK = task(settings_with_classes().data)


def system(**changes) -> Cgan:
    return Cgan(Settings(**FEW | changes), "float32", TASK, classes=2, seed=1)


def batch(count: int = 6) -> dict[str, tf.Tensor]:
    classes = tf.constant(np.arange(count) % 2, tf.int32)
    return {"target": tf.random.stateless_uniform((count, 32, 32, 3), [5, 6], -1, 1), "class": classes}


def test_the_task_has_a_picture_and_its_class():
    assert {field.name for field in TASK.fields} == {"target", "class"}
    assert (TASK.target.shape, TASK["class"].shape, TASK["class"].dtype) == ((32, 32, 3), (), np.int32)
    assert TASK.given is None


@pytest.mark.parametrize("adversarial", ["wasserstein", "hinge", "least_squares", "cross_entropy"])
def test_every_loss_has_its_curves_and_their_captions(adversarial):
    made = system(adversarial=adversarial, spectral_norm=True, gradient_penalty=0)
    assert load("cgan").Cgan is Cgan
    keys = {curve.key for curve in made.curves}
    assert keys <= captions.OF["cgan"].keys() and keys == play(made, batch(), DRAW).keys()
    assert ("discriminator_accuracy_real" in keys) == (adversarial != "wasserstein")


def test_it_learns_in_bfloat16_too():
    made = Cgan(Settings(**FEW), "bfloat16", TASK, classes=2, seed=1)
    low, exact = play(made, batch(), DRAW), play(system(), batch(), DRAW)
    assert float(low["discriminator_penalty"]) == pytest.approx(float(exact["discriminator_penalty"]), rel=0.2)


def test_the_values_are_the_books():
    made = Settings()
    assert (made.noise_size, made.critic_steps, made.gradient_penalty, made.adversarial) == (32, 3, 10, "wasserstein")
    assert (made.learning_rate, made.beta_1, made.beta_2, made.norm_momentum) == (5e-5, 0.5, 0.9, 0.9)
    recipe = params.check(parsed(recipes.text("cgan"), "cgan"))
    assert recipe.model == made
    assert (recipe.train.batch_size, recipe.data.image_size, recipe.data.class_names) == (128, 64, ("no shop", "shop"))
    optimizer = system().players["discriminator"].optimizer
    assert (optimizer.beta_1, optimizer.beta_2) == (0.5, 0.9)


# ---- the book's code ----


def book_critic() -> keras.Model:
    """At 32x32 it has a block less; `test_whole_pictures` counts the parameters at 64x64."""
    picture, planes = layers.Input((32, 32, 3)), layers.Input((32, 32, 2))
    x = layers.Concatenate(axis=-1)([picture, planes])
    for filters in (4, 8, 8):
        x = layers.Conv2D(filters, 4, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = layers.Conv2D(1, 4, strides=1, padding="valid")(x)
    return keras.Model([picture, planes], layers.Flatten()(x))


def book_generator() -> keras.Model:
    noise, label = layers.Input((5,)), layers.Input((2,))
    x = layers.Reshape((1, 1, 7))(layers.Concatenate(axis=-1)([noise, label]))
    for number, filters in enumerate((8, 8, 4)):
        strides, padding = (2, "same") if number else (1, "valid")
        x = layers.Conv2DTranspose(filters, 4, strides=strides, padding=padding, use_bias=False)(x)
        x = layers.LeakyReLU(0.2)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")(x)
    return keras.Model([noise, label], x)


class Book:
    """`train_step` of the book, with the random numbers of a `Draw`; dropout is left out, whose masks are its own.

    The book generates the pictures that teach the generator last, and the system first. The generator is the same
    meanwhile, so only the order differs in which BatchNorm's moving statistics move.
    """

    def __init__(self, ours: Cgan) -> None:
        self.generator, self.critic = book_generator(), book_critic()
        self.generator.set_weights(ours.generator.get_weights())
        self.critic.set_weights(ours.discriminator.get_weights())
        self.g_optimizer, self.c_optimizer = (keras.optimizers.Adam(5e-5, beta_1=0.5, beta_2=0.9) for _ in range(2))

    def penalty(self, real: tf.Tensor, fake: tf.Tensor, planes: tf.Tensor, draw: Draw) -> tf.Tensor:
        alpha = draw.uniform("discriminator/mixture", [len(real), 1, 1, 1])  # the paper's; the book has N(0, 1)
        interpolated = real + alpha * (fake - real)
        with tf.GradientTape() as tape:
            tape.watch(interpolated)
            answers = self.critic([interpolated, planes], training=True)
        gradients = tape.gradient(answers, interpolated)
        norms = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3]))
        return tf.reduce_mean((norms - 1) ** 2)

    def step(self, batch: dict[str, tf.Tensor], draw: Draw) -> dict[str, float]:
        real, count = batch["target"], len(batch["target"])
        label = tf.one_hot(batch["class"], 2)
        planes = tf.tile(label[:, None, None], (1, 32, 32, 1))
        with tf.GradientTape(persistent=True) as of_generator:
            made = self.generator([draw.normal("noise", [count, 5]), label], training=True)
        for move in range(3):
            noise = draw.of(move).normal("noise of the critic", [count, 5])
            with tf.GradientTape() as tape:
                fake = self.generator([noise, label], training=True)
                distance = tf.reduce_mean(self.critic([fake, planes], training=True)) - tf.reduce_mean(
                    self.critic([real, planes], training=True)
                )
                penalty = self.penalty(real, fake, planes, draw.of(move))
                loss = distance + 10.0 * penalty
            weights = self.critic.trainable_variables
            self.c_optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        with of_generator:
            g_loss = -tf.reduce_mean(self.critic([made, planes], training=True))
        weights = self.generator.trainable_variables
        self.g_optimizer.apply_gradients(zip(of_generator.gradient(g_loss, weights), weights, strict=True))
        return {
            "generator_gan": float(g_loss),
            "discriminator_estimate": -float(distance),
            "discriminator_penalty": float(penalty),
        }


def test_a_step_is_the_books():
    """Three moves of the critic and one of the generator: losses, moments and weights."""
    ours = system(discriminator_dropout=0.0)
    book = Book(ours)
    measured, expected = play(ours, batch(), DRAW), book.step(batch(), DRAW)
    assert {key: float(measured[key]) for key in expected} == pytest.approx(expected, rel=1e-4, abs=1e-6)
    for name, network, optimizer, steps in (
        ("generator", book.generator, book.g_optimizer, 1),
        ("discriminator", book.critic, book.c_optimizer, 3),
    ):
        player = ours.players[name]
        assert int(player.optimizer.iterations) == steps
        for moment, its in zip(player.optimizer.variables[2:], optimizer.variables[2:], strict=True):
            np.testing.assert_allclose(moment, its, rtol=5e-3, atol=2e-6)
        moved = [weight.numpy() for weight in optimizer.variables[2:][::2]]
        for one, other, moment in zip(player.variables, network.trainable_variables, moved, strict=True):
            clear = np.abs(moment) > 1e-4  # Adam's first step is as long for a gradient that rounding has made
            np.testing.assert_allclose(one.numpy()[clear], other.numpy()[clear], atol=2e-6)
        for one, other in zip(player.models[0].non_trainable_variables, network.non_trainable_variables, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_every_move_of_the_critic_has_fresh_noise_and_only_the_last_has_the_generators(monkeypatch):
    seen, ours = [], system()

    def generated(given, **_):
        seen.append(given[0].numpy())
        return tf.zeros((6, 32, 32, 3))

    monkeypatch.setattr(ours, "generator", generated)
    made = ours.make(batch(), DRAW)
    for move in range(3):
        ours.judge(("discriminator",), batch(), made, DRAW.of(move))
    assert ours.moves == (("discriminator",),) * 3 + (("generator",),)
    assert len({noise.tobytes() for noise in seen}) == len(seen) == 4
    ours.judge(("generator",), batch(), made, DRAW.of(3))
    assert len(seen) == 4, "the generator learns from the pictures of `make`"


def test_another_class_gives_another_picture_and_another_answer():
    ours, one = system(), batch(2)
    other = one | {"class": 1 - one["class"]}
    made = [ours.make(each, DRAW)["generated"].numpy() for each in (one, other)]
    assert not np.array_equal(*made)
    answers = [ours.discriminator([one["target"], each["class"]], training=False).numpy() for each in (one, other)]
    assert not np.array_equal(*answers)


def test_no_sum_depends_on_the_order_of_what_is_computed():
    ours = system()
    window = {name: values.numpy()[None] for name, values in batch(4).items()}
    window["target"] = np.uint8(127.5 * (window["target"] + 1))
    assert sums_of_shared_terms(lambda: Windows(ours, seed=3)({k: tf.constant(v) for k, v in window.items()}, 0)) == []


# ---- whole runs ----


def examples(count: int, seed: int) -> Examples:
    random = np.random.default_rng(seed)
    pictures = random.integers(0, 256, (count, 32, 32, 3), np.uint8)
    return Examples(
        [f"train/{number}" for number in range(count)],
        TASK,
        lambda number: {"target": pictures[number], "class": np.int32(number % 2)},
    )


def job(**changes) -> Job:
    """Eight pictures in batches of four, so two steps an epoch; two moves of the critic in each."""
    train = {
        "epochs": 3, "batch_size": 4, "buffer_size": 8, "jitter_scale": 1.0, "mirror": False, "log_every": 1,
        "checkpoint_epochs": 2, "checkpoint_minutes": 1e6, "validation_pairs": 4, "sample_pairs": 3,
    }  # fmt: skip
    made = settings_with_classes()
    model = made.model.model_copy(update={"critic_steps": 2})
    asked = params.Params(data=made.data, model=model, train=params.Train(**train | changes))
    roles = {"train": examples(8, 0), "selection": examples(4, 1)}
    measures = watching.measures(asked.data)

    def set_up():
        make_deterministic(asked.seed)
        return cgan.set_up(asked, roles, measures)

    return Job(
        kind="training",
        source="stages/train.py",
        name="toy",
        parameters=deciding(asked),
        decisive=decisive(asked, "records", "code"),
        seed=asked.seed,
        plan=jobs._plan(asked, 8, measures),
        set_up=set_up,
        data=("toy", Manifest.model_construct(dataset="toy", archive="0" * 64, roles={}), "0" * 64),
        reports=Path("reports/training"),
        models=Path("models"),
        about=lambda _, epoch, chosen: {"epoch": epoch, "selected_by": chosen},
    )


def start(folder: Path, stop=never, **changes):
    made = job(**changes)
    return made.train(made.prepared(), folder, [], Followers(), stop)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    folder = tmp_path_factory.mktemp("straight") / "run"
    return folder, start(folder)


def test_samples_have_a_row_for_each_class(straight):
    _, trained = straight
    assert [row["epoch"] for row in trained.progress.validation] == [1, 2, 3]
    assert trained.progress.validation[0].keys() == {"epoch", "validation_swd", "validation_spread"}
    assert {sheet.shape for sheet in trained.progress.samples.values()} == {(2 * 36 + 4, 3 * 36 + 4, 3)}
    sheet = trained.progress.samples[3]
    assert not np.array_equal(sheet[:36], sheet[36:72])


# ---- parameters ----


def checked(**changes):
    content = parsed(recipes.text("cgan"), "cgan")
    for path, value in changes.items():
        section, _, key = path.partition(".")
        content[section][key] = value
    return params.check(content)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"data.task": "pictures", "data.attribute": None},
            "data.task = 'pictures': must be labelled for model",
        ),
        ({"data.task": "pairs", "data.attribute": None}, "data.task = 'pairs': must be labelled, because model.system"),
        ({"data.attribute": None}, "data.attribute = None: must be given, because data.task: labelled needs classes"),
        (
            {"data.attribute": "roof"},
            "data.attribute = 'roof': must be null, or a class of the palette cmp",
        ),
        ({"data.classes": ["a", "b"]}, "data.classes = ['a', 'b']: must be null, because data.attribute says"),
        ({"data.classes": ["a"], "data.attribute": None}, "a list of two or more names"),
        ({"data.classes": ["a", "a"], "data.attribute": None}, "'a' is there twice"),
        (
            {"data.classes": ["a", "b"], "data.attribute": None},
            "data.classes = ['a', 'b']: must be null, because data.attribute says the classes",
        ),
        ({"data.dataset": "maps"}, "maps has no classes of pictures"),
        ({"data.attribute_share": 0}, "data.attribute_share = 0"),
        ({"model.critic_steps": 0}, "model.critic_steps = 0"),
        ({"model.gradient_penalty": 0}, "model.gradient_penalty = 0"),
        ({"model.label_smoothing": 0.1}, "the loss wasserstein has no labels between 0 and 1"),
    ],
)
def test_what_does_not_go_together_is_refused(changes, says):
    with pytest.raises(ParamsError) as caught:
        checked(**changes)
    assert says in str(caught.value)


@pytest.mark.parametrize("dataset", ["facades", "custom"])
def test_classes_are_for_one_task_only(dataset):
    content = parsed(recipes.text("tutorial"), "tutorial")
    content["data"] |= {"attribute": "shop", "dataset": dataset, "path": "tests", "direction": "left_to_right"}
    content["data"] |= {"palette": "none"}
    with pytest.raises(
        ParamsError,
        match=r"data.attribute = 'shop': must be null, because pictures of data.task: pairs have no classes",
    ):
        params.check(content)


def test_the_photo_is_the_target_whatever_the_direction_and_the_classes_have_names():
    data = checked(**{"data.direction": "left_to_right"}).data
    assert (data.direction, data.halved, data.has_input, data.single) == ("right_to_left", True, False, True)
    own = checked(
        **{"data.dataset": "custom", "data.path": "tests", "data.attribute": None, "data.classes": ["b", "a"]}
    )
    assert own.data.class_names == ("b", "a")


def test_the_keys_of_classes_decide_nothing_without_classes():
    assert not {"classes", "attribute", "attribute_share"} & params.Data().decisive().keys()
