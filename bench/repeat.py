"""Whether a training step gives the same bits every time: each is made several times from one state, and compared.

    python -m bench.repeat float32|bfloat16 [MINUTES]

On noise, at the size and with the networks of the defaults. Exit status 1 and a line for each difference: which
weights, and which losses. The first step's checksum is to be compared with that of other processes. What else the
machine does at the time belongs to the test; let it do something.
"""

import argparse
import sys
import time
import zlib
from typing import get_args

from pix2pix.base import framework

framework.import_tensorflow()

import numpy as np
import tensorflow as tf

from bench.noise import noise
from pix2pix.base import hardware
from pix2pix.base.determinism import make_deterministic
from pix2pix.data.tasks import task
from pix2pix.networks.precision import Precision
from pix2pix.params import Params
from pix2pix.params import Pix2pix as Settings
from pix2pix.systems.pix2pix import Pix2Pix
from pix2pix.training.system import parts
from pix2pix.training.windows import Windows

TIMES = 3


def main(precision: Precision, minutes: float) -> None:
    """Make step after step; each goes on from the state that the one before has left."""
    make_deterministic(0)
    params = Params()
    system = Pix2Pix(Settings(), precision, task(params.data), seed=0)
    training = Windows(system, 0, hardware.has_gpu())
    # Both networks have layers of the same names, and both optimisers variables: a path alone is not enough.
    variables = {f"{name}: {v.path}": v for name, part in parts(system).items() for v in part.variables}
    assert len(variables) == sum(len(part.variables) for part in parts(system).values())
    window = hardware.steps_a_call()
    batch = {
        name: tf.constant(np.stack([half] * window)) for name, half in zip(("input", "target"), noise(), strict=True)
    }
    end, steps, differing = time.monotonic() + 60 * minutes, 0, 0
    while time.monotonic() < end:
        before = {path: variable.numpy() for path, variable in variables.items()}
        seen = []
        for _ in range(TIMES):
            for path, variable in variables.items():
                variable.assign(before[path])
            losses = {name: loss.numpy().tolist() for name, loss in training(batch, steps).items()}
            seen.append(losses | {path: zlib.crc32(variable.numpy().data) for path, variable in variables.items()})
        if steps == 0:
            print(f"the first step's checksum is {zlib.crc32(repr(sorted(seen[0].items())).encode()):08x}", flush=True)
        steps += window
        names = sorted(name for name in seen[0] if any(other[name] != seen[0][name] for other in seen[1:]))
        if names:
            differing += 1
            print(f"step {steps}: {len(names)} of {len(seen[0])} differ: {', '.join(names[:6])} …", flush=True)
    print(f"{steps} steps, {TIMES} times each, on {hardware.device()}: {differing} differed")
    sys.exit(bool(differing))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.repeat", description="Repeat steps and compare them.")
    parser.add_argument("precision", choices=get_args(Precision))
    parser.add_argument("minutes", type=float, nargs="?", default=10)
    main(**vars(parser.parse_args()))
