"""The subjects `ours float32` and `ours bfloat16`: this project's training step, else with all defaults.

    python -m bench.ours float32|bfloat16 [free]

`free` leaves out what makes the kernels deterministic (bench/determinism.py).
"""

import itertools
import sys
from functools import partial

from pix2pix.base import framework

framework.import_tensorflow()

import numpy as np
import tensorflow as tf

from bench import turns
from bench.checks import GENERATOR, SIZE, check_first_losses, check_parameters
from bench.environment import versions
from bench.noise import noise
from pix2pix.base import hardware
from pix2pix.base.determinism import make_deterministic
from pix2pix.params import Pix2pix, Train
from pix2pix.training import loop

# Its bottleneck has no norm: four numbers for each of 512 channels.
BOTTLENECK_NORM = 4 * 512


def build(precision: str) -> tuple[turns.Step, turns.About]:
    """Both networks with the default widths, and a window of steps of both on one pair of noise."""
    training = loop.build(Pix2pix(), Train.model_validate({"precision": precision}), SIZE, seed=0)
    assert training.discriminator is not None
    check_parameters(
        training.generator.count_params(), training.discriminator.count_params(), GENERATOR - BOTTLENECK_NORM
    )
    steps = hardware.steps_a_call()
    inputs, targets = (tf.constant(np.stack([half] * steps)) for half in noise())
    numbers = itertools.count(step=steps)

    def step() -> dict[str, float]:
        losses = training(inputs, targets, next(numbers))
        return {name: float(losses[name][0]) for name in ("generator_gan", "generator_l1", "discriminator_loss")}

    first = step()
    check_first_losses(first)
    about = {"first_losses": first, "device": hardware.device(), "versions": versions("tensorflow", "keras")}
    return step, about | {"steps_a_call": steps}


if __name__ == "__main__":
    if sys.argv[2:] != ["free"]:
        make_deterministic(0)
    turns.serve(partial(build, sys.argv[1]))
