"""The way from an input to its target: where it begins, what lies on it, and how it is gone (`docs/bridge.md`).

It is the stochastic interpolant x_t = (1 - t) x_0 + t x_1 of Albergo et al. 2023 ("Stochastic interpolants with
data-dependent couplings"). x_1 is the target. x_0 = a + σ ζ is a place, such as the input, with noise ζ from N(0, 1).
The velocity of the way is b(x, t) = E[x_1 - x_0 | x_t = x], and the answer solves dx/dt = b(x, t) from x_0 at t = 0.
All chance is in ζ.

A network need not learn what is known without it. Let r = x_1 - a have the standard deviation s, and y = x_t - a, whose
variance is v(t) = (1 - t)² σ² + t² s². The network sees u = y / √v = cos θ ζ + sin θ r / s with tan θ = t s / ((1 - t)
σ), and answers F = cos θ r / s - sin θ ζ: both have variance 1 at every t, and F is u, turned by a quarter (the
v-prediction of Salimans & Ho 2022). Then b = k(t) y + c(t) F, with k = (t s² - (1 - t) σ²) / v and c = s σ / √v. Here
k y is the best linear estimate of x_1 - x_0, and c the standard deviation of its error (Karras et al. 2022, section 5).
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from pix2pix.base.solvers import Solver

# s, on the scale of the networks (Karras et al. 2022: 0.5 for photos). Another s would be as right, and learned slower.
_SPREAD = 0.5
# The velocity at a state, float `(batch, height, width, channels)`, and a time from 0 to 1.
Velocity = Callable[[tf.Tensor, float], tf.Tensor]


class Stride(NamedTuple):
    """A stride on the way: from one time to another, with one evaluation of the network or, by Heun, with two."""

    begin: float
    end: float
    twice: bool


def place(given: tf.Tensor, channels: int, is_label: bool) -> tf.Tensor:
    """Return a, the place where a way begins, in the channels of the target: the input itself, if it is a picture.

    If it has other channels than the target, each channel is their mean. The colours of a label map stand for classes,
    and it is near no picture: a way from it begins with noise around medium grey.

    Args:
        given: inputs, float32 `(batch, height, width, any)` in [-1, 1].
        channels: the channels of the target.
        is_label: whether the inputs are label maps.
    """
    if is_label:
        return tf.zeros_like(given[..., :1])
    return given if given.shape[-1] == channels else tf.reduce_mean(given, axis=-1, keepdims=True)


def between(begin: tf.Tensor, target: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
    """Return x_t, from x_0 and x_1, for times that broadcast to their shape."""
    return (1 - time) * begin + time * target


def seen(state: tf.Tensor, where: tf.Tensor, time: tf.Tensor, level: float) -> tf.Tensor:
    """Return what the network sees of x_t, u.

    Args:
        state: x_t.
        where: a.
        time: t, which broadcasts to the shape of the state.
        level: σ.
    """
    return (state - where) / _variance(time, level) ** 0.5


def velocity(answer: tf.Tensor, state: tf.Tensor, where: tf.Tensor, time: tf.Tensor, level: float) -> tf.Tensor:
    """Return b from the answer F of the network at x_t; see `seen`."""
    known, error = _linear(time, level)
    return known * (state - where) + error * answer


def wanted(slope: tf.Tensor, state: tf.Tensor, where: tf.Tensor, time: tf.Tensor, level: float) -> tf.Tensor:
    """Return the answer that gives the velocity `slope` at x_t; see `seen`."""
    known, error = _linear(time, level)
    return (slope - known * (state - where)) / error


def _linear(time: tf.Tensor, level: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Return k and c."""
    variance = _variance(time, level)
    return (time * _SPREAD**2 - (1 - time) * level**2) / variance, _SPREAD * level / variance**0.5


def _variance(time: tf.Tensor, level: float) -> tf.Tensor:
    """Return v."""
    return ((1 - time) * level) ** 2 + (time * _SPREAD) ** 2


def strides(solver: Solver, steps: int) -> list[Stride]:
    """Divide the way into strides of equal length that need `steps` evaluations of the network.

    Euler's strides need one each. Heun's need two, the second at the end of the stride; with an odd number the last
    stride is Euler's, whose error is of the second order in its length, as the sum of the others' errors is.
    """
    twice = 0 if solver == "euler" else steps // 2
    count = steps - twice
    return [Stride(number / count, (number + 1) / count, number < twice) for number in range(count)]


def solved(slope: Velocity, begin: tf.Tensor, way: list[Stride]) -> tf.Tensor:
    """Go the way from x_0, and return x_1, of the same shape."""
    x = begin
    for each in way:
        length, here = each.end - each.begin, slope(x, each.begin)
        there = slope(x + length * here, each.end) if each.twice else here
        x = x + length * (here + there) / 2
    return x
