"""In which order the examples of an epoch come, and in which windows their batches."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.seeds import derive


def shuffled(count: int, buffer_size: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of an epoch: what a shuffle buffer of `buffer_size` makes of 0, 1, …, count - 1.

    The buffer is filled in file order; each step takes a random one out and puts the next one in its place
    (`tf.data.Dataset.shuffle`), but only indices wait in it, not pictures.

    Args:
        count: number of examples.
        buffer_size: 1 is file order, `count` or more a uniform shuffle.
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
    """The batches of an epoch in windows, each of which training does in one call.

    A window ends after every `longest` batches and every `every` batches of the epoch, and holds batches of one size.
    Where it ends follows from the epoch alone, so a run that goes on after a window has the windows it would have had.

    Args:
        count: number of examples.
        batch_size: examples a batch; the last batch holds what is left.
        longest: batches a window has at most.
        every: after so many batches something else is to be done.
        skip: leave out so many batches at the epoch's start.

    Returns:
        The numbers of each window's batches, from 0.
    """
    batches = -(-count // batch_size)
    ends = {skip, *range(longest, batches, longest), *range(every, batches, every), count // batch_size, batches}
    return [range(*window) for window in pairwise(sorted(end for end in ends if end >= skip))]
