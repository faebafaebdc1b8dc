"""From pairs to batches: order, jitter, mirroring, and the scale the networks see.

Order and jitter are pure functions of (seed, epoch, position), so a run can stop after any step and go on as if it had
not, whatever the number of threads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.data.tasks import Task
from pix2pix.scale import to_network
from pix2pix.seeds import derive

Image = NDArray[np.uint8]
Pairs = Sequence[tuple[Image, Image]]


def shuffled(count: int, buffer_size: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The order of an epoch: what a shuffle buffer of `buffer_size` makes of 0, 1, …, count - 1.

    The buffer is filled in file order; each step takes a random one out and puts the next one in its place
    (`tf.data.Dataset.shuffle`), but only indices wait in it, not pictures.

    Args:
        count: number of pairs.
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


@dataclass(frozen=True)
class Jitter:
    """Random jitter and mirroring (paper section 3.3, appendix 6.2), the same for both halves of a pair.

    Attributes:
        image_size: side of the pictures in pixels.
        scale: pictures are enlarged to this times their side, then cropped back at random; 1 leaves them.
        mirror: turn half of the pairs left to right.
        smooth_input, smooth_target: enlarge that half bicubically (photos), not by nearest neighbour (label maps).
    """

    image_size: int
    scale: float
    mirror: bool
    smooth_input: bool
    smooth_target: bool

    def __call__(self, input_: tf.Tensor, target: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Jitter one pair.

        Args:
            input_, target: uint8 `(image_size, image_size, 3)`.
            seed: int64 `(2,)`; the same seed gives the same crop and the same turn.

        Returns:
            float32 of the same shape in [-1, 1].
        """
        enlarged = round(self.image_size * self.scale)
        # 2**20 equally likely values: as good as uniform over the at most few hundred offsets.
        draws = tf.random.stateless_uniform([3], seed, 0, 2**20, tf.int32, alg="philox")
        top, left = tf.unstack(draws[:2] % (enlarged - self.image_size + 1))
        turned = self.mirror and draws[2] % 2 == 1

        def jittered(half: tf.Tensor, smooth: bool) -> tf.Tensor:
            if enlarged != self.image_size:
                half = tf.image.resize(half, [enlarged, enlarged], "bicubic" if smooth else "nearest")
                half = half[top : top + self.image_size, left : left + self.image_size]
            half = tf.reverse(half, [1]) if turned else half
            return tf.ensure_shape(tf.clip_by_value(to_network(half), -1, 1), [self.image_size, self.image_size, 3])

        return jittered(input_, self.smooth_input), jittered(target, self.smooth_target)


def epoch_batches(
    pairs: Pairs, task: Task, jitter: Jitter, batch_size: int, buffer_size: int, seed: int, epoch: int, skip: int = 0
) -> tf.data.Dataset:
    """The batches of one epoch of training, or those that are left of it.

    Args:
        pairs: `pairs[i]` is (left, right), uint8 `(size, size, 3)` each.
        task: which half is the input.
        jitter: see `Jitter`.
        batch_size: pairs a batch; the last batch holds what is left.
        buffer_size: see `shuffled`.
        seed: the run's seed.
        epoch: from 0.
        skip: leave out so many batches at its start; the others stay as they are.

    Returns:
        Pairs (input, target) of float32 `(batch, size, size, 3)` in [-1, 1].
    """
    order = shuffled(len(pairs), buffer_size, seed, epoch)
    jitter_seed = derive(seed, "jitter")

    def read(index: np.int64) -> tuple[Image, Image]:
        return task.input_and_target(*pairs[int(index)])

    def prepared(position: tf.Tensor, index: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        input_, target = tf.numpy_function(read, [index], [tf.uint8, tf.uint8])
        shape = [jitter.image_size, jitter.image_size, 3]
        place = tf.stack([tf.constant(jitter_seed, tf.int64), epoch * len(pairs) + position])
        return jitter(tf.ensure_shape(input_, shape), tf.ensure_shape(target, shape), place)

    left = slice(skip * batch_size, None)
    dataset = tf.data.Dataset.from_tensor_slices((np.arange(len(pairs))[left], order[left]))
    dataset = dataset.map(prepared, num_parallel_calls=2, deterministic=True)
    return dataset.batch(batch_size).prefetch(2)


def plain(pairs: Pairs, task: Task, count: int | None = None) -> Iterator[tuple[Image, Image]]:
    """The first `count` pairs (all by default) as (input, target), uint8, in file order, without jitter."""
    for index in range(len(pairs) if count is None else min(count, len(pairs))):
        yield task.input_and_target(*pairs[index])
