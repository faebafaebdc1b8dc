"""What the machine itself reaches: the subjects `matrix product` of each precision and `memory copy`.

python -m bench.roofline float32|bfloat16|copy
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pix2pix.base import framework

framework.import_tensorflow()

import numpy as np
import tensorflow as tf

from bench import turns
from bench.environment import threads

SIDE = 3072
# Far more than any cache holds.
COPIED = 1 << 29


def product(precision: str) -> tuple[turns.Step, turns.About]:
    """TensorFlow's product of two square matrices; says its FLOP."""
    left, right = tf.cast(tf.random.stateless_normal((2, SIDE, SIDE), seed=(0, 0)), precision)

    def step() -> object:
        return (left @ right)[0, 0].numpy()

    return step, {"work": 2 * SIDE**3}


def copy() -> tuple[turns.Step, turns.About]:
    """A copy in memory by as many threads as there are cores, a part each; says the bytes it reads and writes."""
    sources = np.array_split(np.ones(COPIED, np.uint8), threads())
    targets = np.array_split(np.empty(COPIED, np.uint8), threads())
    pool = ThreadPoolExecutor(threads())

    def step() -> object:
        return list(pool.map(np.copyto, targets, sources))

    return step, {"work": 2 * COPIED}


if __name__ == "__main__":
    what = sys.argv[1]
    turns.serve(copy if what == "copy" else partial(product, what))
