"""Steps of several batches, against gradients written down by hand; and who computes them changes no byte."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from conftest import trained_with
from forked import Forks
from test_system import Duel, NoLook, Sgd
from toy_training import asks_at, assert_same_run, little, never, start, state_of, stopped_after_every_step

from pix2pix.base.determinism import make_deterministic
from pix2pix.base.errors import StoppedError
from pix2pix.training.cluster import Cluster
from pix2pix.training.followers import Followers
from pix2pix.training.layout import Layout, layout
from pix2pix.training.loop import train
from pix2pix.training.memories import Memories
from pix2pix.training.plan import Plan
from pix2pix.training.replica import Replica
from pix2pix.training.replicas import Replicas
from pix2pix.training.session import Session
from pix2pix.training.windows import Windows

# Five numbers in batches of two: a step of two batches, and one of a single number.
PLAN = Plan(5, 2, 3, 0, log_every=1, checkpoint_epochs=1, keep_checkpoints=1, checkpoint_minutes=1e6, replicas=2)
REPLICATED = Path(__file__).resolve().parents[1] / "replicated.py"


def fields(epoch):
    random = np.random.default_rng(epoch)
    return {name: random.normal(0, 0.5, (5, 1)).astype(np.float32) for name in ("number", "target")}


def source(epoch, windows):
    for window in windows:
        members = slice(2 * window.start, min(2 * window.stop, 5))
        yield {name: tf.constant(values[members].reshape(len(window), -1, 1)) for name, values in fields(epoch).items()}


class ByHand:
    """The duel of several replicas in numbers: each has a memory of its own, and all learn from the mean."""

    def __init__(self):
        self.weights = {"first": 0.5, "second": 2.0, "critic": 0.3}
        self.pools = [np.array([1.0, -1.0])] * 2
        self.sgd = {name: Sgd() for name in self.weights}

    def learn(self, name, gradients):
        mean = sum(gradients) / len(gradients)
        self.weights[name] = self.sgd[name](self.weights[name], mean)
        return mean

    def step(self, batches):
        first, second = self.weights["first"], self.weights["second"]
        made, before = [first * second * number for number, _ in batches], list(self.pools)
        for place, each in enumerate(made):
            self.pools[place] = np.array([self.pools[place][1], each.mean()])
        for _ in range(2):
            errors = [self.weights["critic"] * each - 1 for each in before[: len(batches)]]
            critic_loss = np.mean([(error**2).mean() for error in errors])
            norm = abs(self.learn("critic", [(2 * e * b).mean() for e, b in zip(errors, before, strict=False)]))
        critic, to_first, to_second, losses = self.weights["critic"], [], [], []
        for each, (number, target) in zip(made, batches, strict=True):
            losses.append((critic * each).mean() + ((each - target) ** 2).mean())
            to_made = (critic + 2 * (each - target)) / len(each)
            to_first.append((to_made * second * number).sum())
            to_second.append((to_made * first * number).sum())
        norms = self.learn("first", to_first), self.learn("second", to_second)
        return {
            "critic_loss": critic_loss,
            "critic_gradient_norm": norm,
            "artist_loss": np.mean(losses),
            "artist_gradient_norm": np.hypot(*norms),
        }


def test_two_replicas_against_gradients_written_down_by_hand():
    """Three epochs; the last step of each has one replica, with a smaller batch."""
    system, by_hand = Duel(), ByHand()
    memories = Memories(system.memory, 2)
    step, number = Replicas(system, 0, PLAN, memories, Layout(tf.distribute.get_strategy())), 0
    assert PLAN.steps_an_epoch == 2
    for epoch in range(3):
        values = [fields(epoch)[name][:, 0].astype(float) for name in ("number", "target")]
        batches = [(values[0][place], values[1][place]) for place in (slice(0, 2), slice(2, 4), slice(4, 5))]
        for share, given in zip(step.fed(source, PLAN, epoch, 0), (batches[:2], batches[2:]), strict=True):
            expected = by_hand.step(given)
            measured = step(share, number)
            assert {name: float(loss[0]) for name, loss in measured.items()} == pytest.approx(expected, rel=1e-3)
            assert measured.keys() == {curve.key for curve in system.curves}
            number += 1
    for name, weight in by_hand.weights.items():
        assert float(getattr(system, f"_{name}").get_weights()[0][0, 0]) == pytest.approx(weight, rel=1e-3)
    for replica, pool in enumerate(by_hand.pools):
        np.testing.assert_allclose(memories.of(replica)[0], pool, rtol=1e-3)
    assert memories.parts().keys() == {"pool_replica_1"}
    assert not np.array_equal(memories.of(0)[0], memories.of(1)[0])


def test_statistics_and_losses_of_a_first_step_are_the_means_of_two_steps_of_one_batch():
    """BatchNorm's averages: each replica begins at the same values, and normalises its own batch."""
    pictures = {
        name: tf.constant(np.random.default_rng(seed).integers(0, 256, (2, 1, 16, 16, 3), dtype=np.uint8))
        for seed, name in enumerate(("input", "target"))
    }
    plan = Plan(2, 1, 1, 0, log_every=1, checkpoint_epochs=1, keep_checkpoints=1, checkpoint_minutes=1e6, replicas=2)
    alone = []
    for number in range(2):
        system = little(trained_with(receptive_field=16), 3)
        losses = Windows(system, 3)({name: field[number : number + 1] for name, field in pictures.items()}, number)
        alone.append((statistics(system), losses))
    system = little(trained_with(receptive_field=16), 3)
    losses = Replicas(system, 3, plan, Memories({}, 2), Layout(tf.distribute.get_strategy()))([pictures], 0)
    for name in ("generator_l1", "generator_gan", "discriminator_loss", "discriminator_accuracy_real"):
        assert float(losses[name][0]) == pytest.approx(np.mean([float(each[name][0]) for _, each in alone]), rel=1e-5)
    for found, *two in zip(statistics(system), alone[0][0], alone[1][0], strict=True):
        np.testing.assert_allclose(found, np.mean(two, axis=0), rtol=1e-5, atol=1e-7)
        assert not np.array_equal(*two)


def statistics(system):
    models = [model for player in system.players.values() for model in player.models]
    return [np.array(weight) for model in models for weight in model.non_trainable_weights]


def test_an_epoch_that_goes_on_has_the_steps_it_would_have_had():
    step = Replicas(Duel(), 0, PLAN, Memories({}, 2), Layout(tf.distribute.get_strategy()))
    (whole, rest) = step.fed(source, PLAN, 0, 0)
    (again,) = step.fed(source, PLAN, 0, 1)
    assert [each["number"].shape for each in whole] == [(2, 2, 1)]
    assert [each["number"].shape for each in rest] == [(1, 1, 1)]
    np.testing.assert_array_equal(again[0]["number"], rest[0]["number"])


def test_who_makes_pictures_moves_once():
    system = Duel()
    system.moves = (("artist",), ("critic",), ("artist",))
    with pytest.raises(ValueError, match="one move a step"):
        Replica(system, 0, compiled=False)


def trained(folder, stop=never):
    make_deterministic(0)
    system = Duel()
    session = Session(system, PLAN, folder, [], stop)
    return train(system, source, PLAN, NoLook(), 0, session, Followers())


def test_the_memory_of_every_replica_survives_a_stop_after_any_step(tmp_path):
    straight = trained(tmp_path / "straight")
    assert straight.progress.images == 15 and straight.progress.step == 6
    assert {"pool_replica_1"} == {name.split("/")[0] for name in state_of(tmp_path / "straight") if "replica" in name}
    stopped = stopped_after_every_step(lambda stop: trained(tmp_path / "stopped", stop), 6)
    assert_same_run(tmp_path / "straight", tmp_path / "stopped", straight, stopped)


@pytest.mark.parametrize("changes", [{}, {"precision": "bfloat16", "update_order": "discriminator_first", "ema": 0.5}])
def test_a_stopped_run_of_replicas_goes_on_as_if_it_had_not(tmp_path, changes):
    """pix2pix: five pairs in three batches, two steps an epoch."""
    straight = start(tmp_path / "straight", replicas=2, **changes)
    with pytest.raises(StoppedError, match="at step 3 of 6"):
        start(tmp_path / "stopped", stop=asks_at(3), replicas=2, **changes)
    resumed = start(tmp_path / "stopped", replicas=2, **changes)
    assert_same_run(tmp_path / "straight", tmp_path / "stopped", straight, resumed)
    assert resumed.progress.exact


@pytest.mark.parametrize("process", [0, 1, 2])
def test_processes_share_the_replicas(process):
    """Six replicas over three processes: two each, in order."""
    there = Layout(tf.distribute.get_strategy(), 1, Cluster(3, process))
    assert there.own(6) == range(2 * process, 2 * process + 2)
    assert (there.chief, there.alone) == (process == 0, False)


def test_one_device_needs_no_strategy_of_its_own():
    assert layout(1).strategy is tf.distribute.get_strategy() and layout(1).chief


def test_it_is_told_who_computes():
    alone = tf.distribute.get_strategy()
    assert Layout(alone, 2).words(6) == "a step has 6 replicas, 3 on each of 2 devices"
    assert Layout(alone, 1, Cluster(2, 1)).words(4) == "a step has 4 replicas, 2 on each of 2 devices"
    assert (
        Layout(alone, 1, idle=1)
        .words(3)
        .endswith("of 1 device; 1 more of this machine's devices would make unequal shares")
    )


def test_the_batches_of_a_step():
    plan = replace(PLAN, examples=11, replicas=4)  # six batches, the last one of a single example
    assert [plan.batches(step) for step in range(3)] == [range(4), range(4, 6), range(4)]
    assert plan.of_one_size(plan.batches(1)) == [range(4, 5), range(5, 6)]
    assert plan.of_one_size(plan.batches(0)) == [range(4)]
    assert [plan.images(step, 1) for step in range(2)] == [8, 3]


@pytest.mark.slow
def test_the_bytes_are_the_same_on_one_device_on_two_and_on_four(tmp_path, request):
    """Each system with each number of replicas, on logical devices of a processor; the usual form leaves four out."""
    folder = tmp_path / "run"
    folder.mkdir()
    with Forks(folder, dict(os.environ)) as forks:
        forks.start(str(REPLICATED), *(["--full"] if request.config.getoption("--full") else []))
        status, out, err = forks.ended()
    assert status == 0, err
    found = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert len(found) > 12
    digests = {}
    for each in found:
        digests.setdefault((each["system"], each["replicas"]), set()).add(each["digest"])
    assert [key for key, values in digests.items() if len(values) > 1] == []
    # Another number of replicas is another training.
    assert len({digest for values in digests.values() for digest in values}) == len(digests)
