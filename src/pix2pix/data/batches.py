"""From examples to batches, in order, augmented and jittered.

Order, augmentation and jitter are pure functions of (seed, epoch, position), so a run can stop after any step and
resume as if it had not, whatever the number of threads.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from pix2pix.base.threads import AHEAD, ahead
from pix2pix.data.order import shuffled
from pix2pix.data.tasks import Example

Batch = dict[str, tf.Tensor]


class Variation(Protocol):
    """Random changes of examples, which depend on nothing but seed, epoch and position."""

    def places(self, count: int, seed: int, epoch: int) -> Sequence[Any]:
        """Draw what happens to each example of an epoch, by its position."""

    def __call__(self, example: Example, place: Any) -> Example:
        """Change one example as it was drawn."""


def epoch_batches(
    examples: Sequence[Example],
    variation: Variation,
    batch_size: int,
    buffer_size: int,
    seed: int,
    epoch: int,
    windows: Sequence[range],
) -> Iterator[Batch]:
    """The batches of one epoch of training.

    Args:
        examples: examples of one task; several threads read them.
        variation: how examples are varied: a `Jitter`, or more than that.
        batch_size: the number of examples in a batch; the last batch holds the rest.
        buffer_size: see `order.shuffled`.
        seed: the run's seed.
        epoch: from 0.
        windows: the numbers of the wanted batches, in windows (`order.windows`). The windows do not change a batch.

    Yields:
        Each window as `{field name: values}`, on the device that trains. Pictures are uint8 `(batches, batch, height,
        width, channels)`, classes are int32 `(batches, batch)`. Pictures stay uint8 because new memory costs the most
        time here, and floats would need four times as much.
    """
    order = shuffled(len(examples), buffer_size, seed, epoch)
    places = variation.places(len(examples), seed, epoch)

    def window(numbers: range) -> Batch:
        members = range(numbers.start * batch_size, min(numbers.stop * batch_size, len(examples)))
        made = [variation(examples[int(order[member])], places[member]) for member in members]
        shape = len(numbers), min(batch_size, len(members))
        stacked = {name: np.stack([example[name] for example in made]) for name in made[0]}
        return {name: tf.constant(values.reshape(*shape, *values.shape[1:])) for name, values in stacked.items()}

    # As many batches wait in windows as would wait one by one, but at least one window is made while another is used.
    return ahead(window, windows, max(1, AHEAD // max(map(len, windows), default=1)))
