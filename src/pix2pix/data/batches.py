"""From examples to batches, in order, augmented and jittered.

Order, augmentation and jitter are pure functions of (seed, epoch, position), so a run can stop after any step and go on
as if it had not, whatever the number of threads.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import tensorflow as tf

from pix2pix.base.threads import AHEAD, ahead
from pix2pix.data.augmentation import Augmentation
from pix2pix.data.jitter import Jitter
from pix2pix.data.order import shuffled
from pix2pix.data.tasks import Example

Batch = dict[str, tf.Tensor]


def epoch_batches(
    examples: Sequence[Example],
    augmentation: Augmentation,
    jitter: Jitter,
    batch_size: int,
    buffer_size: int,
    seed: int,
    epoch: int,
    windows: Sequence[range],
) -> Iterator[Batch]:
    """The batches of one epoch of training.

    Args:
        examples: examples of one task; several threads read them.
        augmentation: see `Augmentation`; it comes before jitter.
        jitter: see `Jitter`.
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
    places, draws = jitter.places(len(examples), seed, epoch), augmentation.draws(len(examples), seed, epoch)

    def window(numbers: range) -> Batch:
        members = range(numbers.start * batch_size, min(numbers.stop * batch_size, len(examples)))
        augmented = (augmentation(examples[int(order[member])], draws[member]) for member in members)
        made = [jitter(example, places[member]) for member, example in zip(members, augmented, strict=True)]
        shape = len(numbers), min(batch_size, len(members))
        stacked = {name: np.stack([example[name] for example in made]) for name in made[0]}
        return {name: tf.constant(values.reshape(*shape, *values.shape[1:])) for name, values in stacked.items()}

    # As many batches wait in windows as would wait one by one, but at least one window is made while another is used.
    return ahead(window, windows, max(1, AHEAD // max(map(len, windows), default=1)))
