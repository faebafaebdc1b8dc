"""The subjects `ours float32` and `ours bfloat16`: this project's training step, else with all defaults.

    python -m bench.ours float32|bfloat16 [free] [--batch N]

`free` leaves out what makes the kernels deterministic (bench/determinism.py).
"""

import argparse
import itertools
from functools import partial

from pix2pix.base import framework

framework.import_tensorflow()

import numpy as np
import tensorflow as tf

from bench import turns
from bench.checks import GENERATOR, check_first_losses, check_parameters
from bench.environment import versions
from bench.noise import noise
from pix2pix.base import hardware
from pix2pix.base.determinism import make_deterministic
from pix2pix.data.tasks import task
from pix2pix.params import Data, Train
from pix2pix.params import Pix2pix as Settings
from pix2pix.systems.pix2pix import Pix2Pix
from pix2pix.training.windows import Windows

# Its bottleneck has no norm: four numbers for each of 512 channels.
BOTTLENECK_NORM = 4 * 512


def build(precision: str, batch: int = 1) -> tuple[turns.Step, turns.About]:
    """Both networks with the default widths, and a window of steps of both on `batch` pairs of noise."""
    system = Pix2Pix(Settings(), Train.model_validate({"precision": precision}).precision, task(Data()), seed=0)
    check_parameters(system.generator.count_params(), system.discriminator.count_params(), GENERATOR - BOTTLENECK_NORM)
    training = Windows(system, 0, hardware.has_gpu())
    steps = hardware.steps_a_call()
    inputs, targets = (tf.constant(np.stack([half] * steps)) for half in noise(batch))
    numbers = itertools.count(step=steps)

    def step() -> dict[str, float]:
        losses = training({"input": inputs, "target": targets}, next(numbers))
        return {name: float(losses[name][0]) for name in ("generator_gan", "generator_l1", "discriminator_loss")}

    first = step()
    check_first_losses(first)
    about = {"first_losses": first, "device": hardware.device(), "versions": versions("tensorflow", "keras")}
    return step, about | {"steps_a_call": steps, "images": batch, "memory_gb": hardware.peak_memory_gb()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("precision")
    parser.add_argument("kernels", nargs="?", choices=("deterministic", "free"), default="deterministic")
    parser.add_argument("--batch", type=int, default=1)
    asked = parser.parse_args()
    if asked.kernels == "deterministic":
        make_deterministic(0)
    turns.serve(partial(build, asked.precision, asked.batch))
