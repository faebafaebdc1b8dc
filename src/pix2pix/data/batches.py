"""From pairs to batches: order, jitter and mirroring.

Order and jitter are pure functions of (seed, epoch, position), so a run can stop after any step and go on as if it had
not, whatever the number of threads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image as PillowImage

from pix2pix.base.seeds import derive
from pix2pix.base.threads import AHEAD, ahead
from pix2pix.data.tasks import Task

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


class Place(NamedTuple):
    """Which of all the pictures that jitter can make: the corner of the crop, in pixels, and whether it is turned."""

    top: int
    left: int
    turned: bool


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

    @property
    def enlarged(self) -> int:
        """Side of the enlarged pictures in pixels."""
        return round(self.image_size * self.scale)

    def places(self, count: int, seed: int, epoch: int) -> list[Place]:
        """What becomes of each pair of an epoch, by its position; crop and turn are drawn independently."""
        draws = np.random.default_rng([derive(seed, "jitter"), epoch]).random((count, 3))
        tops, lefts = (draws[:, :2] * (self.enlarged - self.image_size + 1)).astype(int).T.tolist()
        turned = (self.mirror & (draws[:, 2] < 0.5)).tolist()
        return [Place(*drawn) for drawn in zip(tops, lefts, turned, strict=True)]

    def __call__(self, input_: Image, target: Image, place: Place) -> tuple[Image, Image]:
        """Jitter one pair: uint8 `(image_size, image_size, 3)`, to the same."""
        return self._part(input_, place, self.smooth_input), self._part(target, place, self.smooth_target)

    def _part(self, picture: Image, place: Place, smooth: bool) -> Image:
        """What is left of the enlarged picture, which as a whole is never made."""
        size, enlarged = self.image_size, self.enlarged
        if smooth and enlarged != size:
            left, top, side = (pixels * size / enlarged for pixels in (place.left, place.top, size))
            box = (left, top, left + side, top + side)
            part = np.asarray(PillowImage.fromarray(picture).resize((size, size), PillowImage.Resampling.BICUBIC, box))
            return part[:, ::-1] if place.turned else part
        # The middle of pixel i of the enlarged picture lies at (i + ½) · size / enlarged of the picture.
        source = (2 * np.arange(enlarged) + 1) * size // (2 * enlarged)
        rows, columns = (source[start : start + size] for start in place[:2])
        columns = columns[::-1] if place.turned else columns
        # Byte by byte: NumPy's `take` is twice as fast with single values as with pixels of three.
        values = (3 * columns[:, None] + np.arange(3)).ravel()
        return picture[rows].reshape(size, -1).take(values, axis=1, mode="clip").reshape(picture.shape)


def windows(count: int, batch_size: int, longest: int, every: int, skip: int = 0) -> list[range]:
    """The batches of an epoch in windows, each of which training does in one call.

    A window ends after every `longest` batches and every `every` batches of the epoch, and holds batches of one size:
    where it ends follows from the epoch alone, so a run that goes on after a window has the windows it would have had.

    Args:
        count: number of pairs.
        batch_size: pairs a batch; the last batch holds what is left.
        longest: batches a window has at most.
        every: after so many batches something else is to be done.
        skip: leave out so many batches at the epoch's start.

    Returns:
        The numbers of each window's batches, from 0.
    """
    batches = -(-count // batch_size)
    ends = {skip, *range(longest, batches, longest), *range(every, batches, every), count // batch_size, batches}
    return [range(*window) for window in pairwise(sorted(end for end in ends if end >= skip))]


def epoch_batches(
    pairs: Pairs,
    task: Task,
    jitter: Jitter,
    batch_size: int,
    buffer_size: int,
    seed: int,
    epoch: int,
    batches: Sequence[range],
) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    """The batches of one epoch of training.

    Args:
        pairs: `pairs[i]` is (left, right), uint8 `(size, size, 3)` each; read by several threads.
        task: which half is the input.
        jitter: see `Jitter`.
        batch_size: pairs a batch; the last batch holds what is left.
        buffer_size: see `shuffled`.
        seed: the run's seed.
        epoch: from 0.
        batches: those that are wanted, in windows (`windows`); a batch is the same in any.

    Yields:
        Of each window (inputs, targets) of uint8 `(batches, batch, size, size, 3)`, on the device that trains. As
        floats they would be four times the bytes, and new memory is what costs here.
    """
    order = shuffled(len(pairs), buffer_size, seed, epoch)
    places = jitter.places(len(pairs), seed, epoch)

    def jittered(position: int) -> tuple[Image, Image]:
        return jitter(*task.input_and_target(*pairs[int(order[position])]), places[position])

    def window(numbers: range) -> tuple[tf.Tensor, tf.Tensor]:
        members = range(numbers.start * batch_size, min(numbers.stop * batch_size, len(pairs)))
        halves = zip(*map(jittered, members), strict=True)
        shape = len(numbers), min(batch_size, len(members))
        inputs, targets = (tf.constant(np.stack(half).reshape(*shape, *half[0].shape)) for half in halves)
        return inputs, targets

    # In windows no more batches wait than one by one; but one window is made while another is used.
    return ahead(window, batches, max(1, AHEAD // max(map(len, batches), default=1)))


def plain(pairs: Pairs, task: Task, count: int | None = None) -> Iterator[tuple[Image, Image]]:
    """The first `count` pairs (all by default) as (input, target), uint8, in file order, without jitter."""
    for index in range(len(pairs) if count is None else min(count, len(pairs))):
        yield task.input_and_target(*pairs[index])
