"""The way and its solvers: closed forms, orders of convergence, and how often the network is asked."""

import numpy as np
import pytest
import tensorflow as tf

from pix2pix.networks import flow

# A linear field of two values, dx/dt = M x + t u, and where it leads from X: the matrix turns and shrinks.
MATRIX, PUSH, X = np.array([[-1.0, 2.0], [-2.0, -1.0]]), np.array([1.0, -3.0]), np.array([0.7, -0.2])


def field(x, time):
    return x @ MATRIX.T + time * PUSH


def truth():
    """By the matrix exponential of the field with the time as a third and a fourth value, by its power series."""
    whole = np.zeros((4, 4))
    whole[:2, :2], whole[:2, 2], whole[2, 3] = MATRIX, PUSH, 1
    power, total = np.eye(4), np.eye(4)
    for number in range(1, 40):
        power = power @ whole / number
        total += power
    return (total @ [*X, 0, 1])[:2]


def far(solver, steps):
    return np.abs(flow.solved(field, X, flow.strides(solver, steps)) - truth()).max()


@pytest.mark.parametrize(("solver", "order", "steps"), [("euler", 1, 512), ("heun", 2, 256), ("heun", 2, 257)])
def test_the_order_of_convergence(solver, order, steps):
    """An odd number of Heun's steps ends with one of Euler's, which costs no order."""
    ratio = far(solver, steps) / far(solver, 2 * steps + steps % 2)
    assert np.log2(ratio) == pytest.approx(order, abs=0.1)


def test_euler_by_hand():
    """dx/dt = -x from 1 in four steps: 0.75 to the power of 4; by Heun in four evaluations (1 - 1/2 + 1/8) squared."""
    assert flow.solved(lambda x, _: -x, 1.0, flow.strides("euler", 4)) == pytest.approx(0.75**4)
    assert flow.solved(lambda x, _: -x, 1.0, flow.strides("heun", 4)) == pytest.approx(0.625**2)
    assert flow.solved(lambda x, _: -x, 1.0, flow.strides("heun", 3)) == pytest.approx(0.625 * 0.5)


@pytest.mark.parametrize("solver", ["euler", "heun"])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 16, 49, 50])
def test_a_way_has_as_many_evaluations_as_are_asked_for(solver, steps):
    times = []
    way = flow.strides(solver, steps)
    flow.solved(lambda x, time: times.append(time) or 0 * x, 0.0, way)
    assert len(times) == steps and times[0] == 0 and max(times) <= 1
    assert (way[0].begin, way[-1].end) == (0, 1)
    lengths = [each.end - each.begin for each in way]
    assert lengths == pytest.approx([1 / len(way)] * len(way))


@pytest.mark.parametrize("level", [0.5, 1.0, 2.0])
def test_a_network_that_answers_0_goes_from_noise_to_noise_of_half(level):
    """If targets were the input plus noise of 0.5, the answer would be 0 everywhere, and the way y -> y 0.5 / level."""
    noise = np.random.default_rng(0).standard_normal((1, 4, 4, 3)).astype(np.float32)
    where = np.float32(0.3)
    slope = lambda x, time: flow.velocity(0 * x, x, where, time, level)  # noqa: E731
    made = flow.solved(slope, where + level * noise, flow.strides("heun", 2000))
    np.testing.assert_allclose(made, where + 0.5 * noise, atol=1e-4)


@pytest.mark.parametrize("time", [0.0, 0.3, 1.0])
def test_the_wanted_answer_turns_from_the_target_to_the_noise(time):
    """F = ((1 - t) σ r / s - t s ζ) / √v, by hand from the definitions; with it the velocity is r - σ ζ."""
    random, level = np.random.default_rng(1), 0.8
    r, noise, where = random.standard_normal((3, 5))
    begin = where + level * noise
    state = flow.between(begin, where + r, time)
    np.testing.assert_allclose(state, where + (1 - time) * level * noise + time * r)
    found = flow.wanted(r - level * noise, state, where, time, level)
    scale = np.hypot((1 - time) * level, time * 0.5)
    np.testing.assert_allclose(found, ((1 - time) * level * r / 0.5 - time * 0.5 * noise) / scale, atol=1e-12)
    np.testing.assert_allclose(flow.velocity(found, state, where, time, level), r - level * noise, atol=1e-12)
    u = ((1 - time) * level * noise + time * 0.5 * (r / 0.5)) / scale
    np.testing.assert_allclose(flow.seen(state, where, time, level), u, atol=1e-12)
    np.testing.assert_allclose(u**2 + found**2, noise**2 + (r / 0.5) ** 2, err_msg="a turn keeps the length")


def test_where_a_way_begins():
    given = tf.constant([[[[0.2, 0.4, -0.9]]]])
    np.testing.assert_array_equal(flow.place(given, 3, is_label=False), given)
    np.testing.assert_allclose(flow.place(given, 1, is_label=False), [[[[-0.1]]]], atol=1e-7)
    np.testing.assert_array_equal(flow.place(given, 3, is_label=True), [[[[0]]]])
