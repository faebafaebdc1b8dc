"""What deterministic kernels cost: the time of a training step with and without them.

    python bench/determinism.py

Processes with and without take turns, so that what else the machine does meets both alike. Prints the median step of
each process and the ratio of the medians.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

ROUNDS, WARM, STEPS = 4, 3, 12


def step_seconds(deterministic: bool) -> float:
    """The median of `STEPS` steps of both networks at the default size, in seconds."""
    from pix2pix import quiet

    quiet.import_tensorflow()
    import numpy as np
    import tensorflow as tf

    from pix2pix.params import Params
    from pix2pix.training.determinism import make_deterministic
    from pix2pix.training.loop import build

    if deterministic:
        make_deterministic(0)
    params = Params()
    training = build(params.train, params.data.image_size, seed=0)
    shape = (params.train.batch_size, params.data.image_size, params.data.image_size, 3)
    pictures = [tf.constant(np.random.default_rng(n).uniform(-1, 1, shape), tf.float32) for n in range(2)]
    seconds = []
    for step in range(WARM + STEPS):
        began = time.perf_counter()
        float(training(*pictures, step)["generator_total"])
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[WARM:])


def main() -> None:
    """Let both take turns and compare."""
    medians: dict[str, list[float]] = {"deterministic": [], "free": []}
    for _ in range(ROUNDS):
        for kind, found in medians.items():
            done = subprocess.run([sys.executable, __file__, kind], capture_output=True, text=True, check=True)
            found.append(float(done.stdout))
    for kind, found in medians.items():
        print(f"{kind:14}" + "".join(f"{seconds:8.3f}" for seconds in found) + " s a step")
    print(
        f"ratio of the medians {statistics.median(medians['deterministic']) / statistics.median(medians['free']):.3f}"
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(step_seconds(sys.argv[1] == "deterministic"))
    else:
        main()
