"""The way from an input to its target: where it begins, what lies on it, and how it is gone (`docs/bridge.md`).

It is the stochastic interpolant x_t = (1 - t) x_0 + t x_1 of Albergo et al. 2023 ("Stochastic interpolants with
data-dependent couplings"). x_1 is the target. x_0 = a + σ ζ is the input with noise: a is the input in the channels of
the target, ζ is from N(0, 1). The velocity of the way is b(x, t) = E[x_1 - x_0 | x_t = x], and the answer solves
dx/dt = b(x, t) from x_0 at t = 0. All chance is in ζ.

A network need not learn what is known without it. If x_1 - a were from N(0, s²), the best linear estimate of x_1 - x_0
from y = x_t - a would be k(t) y with k(t) = (t s² - (1 - t) σ²) / v(t), where v(t) = (1 - t)² σ² + t² s² is the
variance of y. Its error has the standard deviation c(t) = s σ / √v(t). So b = k(t) y + c(t) F, and the network learns
F, whose values have variance 1 at every t; this is the preconditioning of Karras et al. 2022 (section 5) for this way.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from pix2pix.params.walk import Solver

# s, on the scale of the networks (Karras et al. 2022: 0.5 for photos). Another s would be as right, and learned slower.
_SPREAD = 0.5
# The velocity at a state, float `(batch, height, width, channels)`, and a time from 0 to 1.
Velocity = Callable[[tf.Tensor, float], tf.Tensor]


class Stride(NamedTuple):
    """A stride on the way: from one time to another, with one evaluation of the network or, by Heun, with two."""

    begin: float
    end: float
    twice: bool


def place(given: tf.Tensor, channels: int) -> tf.Tensor:
    """Return a: the inputs in the channels of the target.

    Args:
        given: inputs, float32 `(batch, height, width, any)` in [-1, 1]. If they have other channels than the target,
            each channel is their mean.
        channels: the channels of the target.
    """
    if given.shape[-1] == channels:
        return given
    return tf.repeat(tf.reduce_mean(given, axis=-1, keepdims=True), channels, axis=-1)


def between(begin: tf.Tensor, target: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
    """Return x_t, from x_0 and x_1, for times that broadcast to their shape."""
    return (1 - time) * begin + time * target


def velocity(answer: tf.Tensor, state: tf.Tensor, where: tf.Tensor, time: tf.Tensor, level: float) -> tf.Tensor:
    """Return b from the answer F of the network at x_t; `level` is σ, and times broadcast to the shape of the state."""
    known, error = _linear(time, level)
    return known * (state - where) + error * answer


def wanted(slope: tf.Tensor, state: tf.Tensor, where: tf.Tensor, time: tf.Tensor, level: float) -> tf.Tensor:
    """Return the answer that gives the velocity `slope`; see `velocity`."""
    known, error = _linear(time, level)
    return (slope - known * (state - where)) / error


def _linear(time: tf.Tensor, level: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Return k and c."""
    variance = ((1 - time) * level) ** 2 + (time * _SPREAD) ** 2
    return (time * _SPREAD**2 - (1 - time) * level**2) / variance, _SPREAD * level / variance**0.5


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
