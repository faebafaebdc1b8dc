"""A system that nobody has thought of before: two players, three moves, and a memory. It is data, and trains as any."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from toy_training import Killed, Run, Teller, asks_at, assert_same_run, never, state_of, steps_saved

from pix2pix.base.determinism import make_deterministic
from pix2pix.base.errors import StoppedError, TrainingError
from pix2pix.training import checkpoint
from pix2pix.training.curves import Curve
from pix2pix.training.draw import Draw
from pix2pix.training.followers import Followers
from pix2pix.training.loop import train
from pix2pix.training.plan import Plan
from pix2pix.training.play import play
from pix2pix.training.progress import Progress
from pix2pix.training.session import Session
from pix2pix.training.system import Player, parts

RATE, EPOCHS, EXAMPLES = 0.1, 3, 4


def scale(name, value):
    """A network of one weight: numbers to numbers."""
    number = keras.Input((1,))
    network = keras.layers.Dense(1, use_bias=False, name=f"{name}_weight")
    model = keras.Model(number, network(number), name=name)
    network.set_weights([np.array([[value]])])
    return model


def player(*models, makes):
    optimizer = keras.optimizers.SGD(RATE, momentum=0.5, name=f"{models[0].name}_sgd")
    optimizer.build([variable for model in models for variable in model.trainable_variables])
    return Player(models, optimizer, RATE, makes)


class Duel:
    """The artist scales a number, twice; the critic, who moves twice, is to say 1 to what was made before.

    The memory is what was made in the last two steps.
    """

    def __init__(self):
        first, second, critic = scale("first", 0.5), scale("second", 2.0), scale("critic", 0.3)
        self._first, self._second, self._critic = first, second, critic
        self.players = {"critic": player(critic, makes=False), "artist": player(first, second, makes=True)}
        self.moves = (("critic",), ("critic",), ("artist",))
        self.memory = {"pool": keras.Variable([1.0, -1.0], trainable=False, name="pool")}
        self.curves = tuple(
            Curve(f"{name}_{what}", name, role)
            for name in ("critic", "artist")
            for what, role in (("loss", "loss"), ("gradient_norm", "gradient"))
        )
        self.products = {"first": first}

    def make(self, batch, draw):  # noqa: ARG002
        made = self._second(self._first(batch["number"]))
        pool = self.memory["pool"]
        before = tf.identity(pool)
        pool.assign(tf.stack([pool[1], tf.reduce_mean(tf.stop_gradient(made))]))
        return {"made": made, "before": before}

    def judge(self, movers, batch, made, draw):  # noqa: ARG002
        return {"said": self._critic(made["before"][:, None] if "critic" in movers else made["made"])}

    def losses(self, player, batch, made, verdicts):
        if player == "critic":
            loss = tf.reduce_mean((verdicts["said"] - 1) ** 2)
            return {"total": loss, "critic_loss": loss}
        loss = tf.reduce_mean(verdicts["said"]) + tf.reduce_mean((made["made"] - batch["target"]) ** 2)
        return {"total": loss, "artist_loss": loss}


class Sgd:
    """Gradient descent with momentum (Polyak 1964)."""

    def __init__(self):
        self.speed = 0.0

    def __call__(self, weight, gradient):
        self.speed = 0.5 * self.speed - RATE * gradient
        return weight + self.speed


class ByHand:
    """The same step in numbers."""

    def __init__(self):
        self.first, self.second, self.critic, self.pool = 0.5, 2.0, 0.3, np.array([1.0, -1.0])
        self.sgd = {name: Sgd() for name in ("first", "second", "critic")}

    def step(self, number, target):
        made, before = self.second * self.first * number, self.pool
        self.pool = np.array([self.pool[1], made.mean()])
        for _ in range(2):
            error = self.critic * before - 1
            critic_loss, to_critic = (error**2).mean(), (2 * error * before).mean()
            self.critic = self.sgd["critic"](self.critic, to_critic)
        loss = (self.critic * made).mean() + ((made - target) ** 2).mean()
        to_made = (self.critic + 2 * (made - target)) / len(made)
        to_first, to_second = (to_made * self.second * number).sum(), (to_made * self.first * number).sum()
        self.first = self.sgd["first"](self.first, to_first)
        self.second = self.sgd["second"](self.second, to_second)
        return {
            "critic_loss": critic_loss,
            "critic_gradient_norm": abs(to_critic),
            "artist_loss": loss,
            "artist_gradient_norm": np.hypot(to_first, to_second),
        }


def batch(step):
    random = np.random.default_rng(step)
    return {name: random.normal(0, 0.5, (2, 1)).astype(np.float32) for name in ("number", "target")}


def test_three_moves_against_gradients_written_down_by_hand():
    """The artist meets the critic after both of its moves; what is measured last of a player is told."""
    system, by_hand = Duel(), ByHand()
    for step in range(4):
        given = batch(step)
        expected = by_hand.step(given["number"][:, 0].astype(float), given["target"][:, 0].astype(float))
        measured = play(system, {name: tf.constant(field) for name, field in given.items()}, Draw(0, tf.constant(step)))
        assert {name: float(loss) for name, loss in measured.items()} == pytest.approx(expected, rel=1e-4)
        assert measured.keys() == {curve.key for curve in system.curves}
        for name in ("first", "second", "critic"):
            weight = float(getattr(system, f"_{name}").get_weights()[0][0, 0])
            assert weight == pytest.approx(getattr(by_hand, name), rel=1e-4)
        assert system.memory["pool"].numpy() == pytest.approx(by_hand.pool, rel=1e-4)


def test_a_checkpoint_holds_every_network_optimiser_and_memory():
    """A player's only network has the player's name."""
    assert sorted(parts(Duel())) == [
        "artist_first", "artist_optimizer", "artist_second", "critic", "critic_optimizer", "pool",
    ]  # fmt: skip


class NoLook:
    watched = ()

    def validation(self, epoch):  # noqa: ARG002
        return None

    def draws(self, epoch):  # noqa: ARG002
        return False


PLAN = Plan(EXAMPLES, 2, EPOCHS, 0, log_every=1, checkpoint_epochs=1, keep_checkpoints=1, checkpoint_minutes=1e6)


def source(epoch, windows):
    for window in windows:
        given = [batch(epoch * PLAN.steps_an_epoch + number) for number in window]
        yield {name: tf.stack([each[name] for each in given]) for name in given[0]}


def trained(folder, *followers, stop=never):
    make_deterministic(0)
    system = Duel()
    session = Session(system, PLAN, folder, [], stop)
    return train(system, source, PLAN, NoLook(), 0, session, Followers(*followers))


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("straight"))
    run.trained = trained(run.folder, run)
    return run


def test_the_loop_trains_it_as_it_would_be_trained_by_hand(straight):
    by_hand = ByHand()
    for step, row in enumerate(straight.losses):
        given = batch(step)
        expected = by_hand.step(given["number"][:, 0].astype(float), given["target"][:, 0].astype(float))
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    assert len(straight.losses) == 6
    assert float(straight.trained.last["first"].get_weights()[0][0, 0]) == pytest.approx(by_hand.first, rel=1e-3)


def test_its_memory_survives_a_stop_after_any_step(straight, tmp_path):
    for step in range(1, 6):
        with pytest.raises(StoppedError, match=f"at step {step} of 6"):
            trained(tmp_path, stop=asks_at(1))
        (pool,) = (value for name, value in state_of(tmp_path).items() if name.startswith("pool/"))
        by_hand = ByHand()
        for done in range(step):
            given = batch(done)
            by_hand.step(given["number"][:, 0].astype(float), given["target"][:, 0].astype(float))
        assert pool == pytest.approx(by_hand.pool, rel=1e-3)
    assert_same_run(straight.folder, tmp_path, straight.trained, trained(tmp_path, stop=asks_at(1)))


def test_its_memory_survives_a_kill(straight, tmp_path):
    """What was remembered after the last checkpoint is forgotten, and remembered again."""

    def kill(row):
        if row["step"] == 4:
            raise Killed

    with pytest.raises(Killed):
        trained(tmp_path, Teller(kill))
    assert steps_saved(tmp_path) == [2]
    assert_same_run(straight.folder, tmp_path, straight.trained, trained(tmp_path))


def test_a_memory_that_is_not_finite_is_not_saved(tmp_path):
    system = Duel()
    system.memory["pool"].assign([np.inf, 0.0])
    with pytest.raises(TrainingError, match="pool is not finite after step 7"):
        checkpoint.save(tmp_path, parts(system), Progress(step=7), "", None)
    assert list(tmp_path.iterdir()) == []
