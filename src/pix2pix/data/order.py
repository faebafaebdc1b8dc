"""The order of the examples in an epoch, and the windows of its batches."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.seeds import derive


def shuffled(count: int, buffer_size: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order of an epoch: 0, 1, …, count - 1 after a shuffle buffer.

    The buffer is filled in file order. Each step takes a random index out and puts the next one in its place, as
    `tf.data.Dataset.shuffle` does with whole pictures.

    Args:
        count: number of examples.
        buffer_size: indices that wait in the buffer; 1 keeps file order, `count` or more shuffles uniformly.
        seed: the run's seed.
        epoch: from 0.

    Returns:
        int64 `(count,)`, a permutation.
    """
    random = np.random.default_rng([derive(seed, "order"), epoch])
    buffer = list(range(min(buffer_size, count)))
    order = np.empty(count, np.int64)
    for position in range(count):
        slot = int(random.integers(len(buffer)))
        order[position] = buffer[slot]
        coming = position + buffer_size
        if coming < count:
            buffer[slot] = coming
        else:
            buffer[slot] = buffer[-1]
            buffer.pop()
    return order


def windows(count: int, batch_size: int, longest: int, every: int, skip: int = 0) -> list[range]:
    """Divide the batches of an epoch into windows. Training does each window in one call.

    A window ends after every `longest` batches and every `every` batches of the epoch, and all its batches have one
    size. The windows depend on the epoch alone, so a run that resumes after a window has the same windows.

    Args:
        count: number of examples.
        batch_size: the number of examples in a batch; the last batch holds the rest.
        longest: the most batches in a window.
        every: the number of batches after which training has something else to do.
        skip: the number of batches at the start of the epoch that are left out.

    Returns:
        The numbers of each window's batches, from 0.
    """
    batches = -(-count // batch_size)
    ends = {skip, *range(longest, batches, longest), *range(every, batches, every), count // batch_size, batches}
    return [range(*window) for window in pairwise(sorted(end for end in ends if end >= skip))]
