"""The training on two sides: the input and the target of an example need not belong together."""

from collections.abc import Iterator, Sequence

import numpy as np

from pix2pix.base.seeds import derive
from pix2pix.data.augmentation import Augmentation, AugmentedAndJittered
from pix2pix.data.batches import Batch, epoch_batches
from pix2pix.data.examples import Examples
from pix2pix.data.jitter import Jitter
from pix2pix.data.tasks import Example, Field, Task
from pix2pix.params import Params


class Batches:
    """The batches of a training on two sides: each field by its name, `(steps, batch, height, width, channels)`.

    In an epoch each picture of the larger side comes once, in a shuffled order. The pictures of the other side are
    drawn at random, as the targets are in the code of CycleGAN. Each side has augmentation and jitter of its own.
    """

    def __init__(self, params: Params, examples: Examples) -> None:
        self._examples = examples
        counts = {field.name: examples.count(field.name) for field in examples.task.fields}
        largest = max(counts, key=lambda name: counts[name])
        self._sides = [
            _Side(params, field, len(examples), None if field.name == largest else counts[field.name])
            for field in examples.task.fields
        ]

    def __call__(self, epoch: int, windows: Sequence[range]) -> Iterator[Batch]:
        """See `training.source.Source`."""
        sides = [side.batches(self._examples, epoch, windows) for side in self._sides]
        for fields in zip(*sides, strict=True):
            yield {name: values for field in fields for name, values in field.items()}


class _Side:
    """The batches of one field."""

    def __init__(self, params: Params, field: Field, length: int, drawn: int | None) -> None:
        """Take the parameters, the field, the number of examples in an epoch, and the number of pictures to draw from.

        The number is None for the side whose pictures come once each.
        """
        self._name, self._train, self._seed = field.name, params.train, derive(params.seed, field.name)
        self._length, self._drawn = length, drawn
        train, task = params.train, Task((field,))
        jitter = Jitter(task, train.jitter_scale, train.mirror, smooth=train.resize == "bicubic")
        cutout = train.cutout if field.name == "input" else 0
        augmentation = Augmentation(task, train.rotation, train.zoom, train.colour, cutout)
        self._variation = AugmentedAndJittered(augmentation, jitter)

    def batches(self, examples: Examples, epoch: int, windows: Sequence[range]) -> Iterator[Batch]:
        """Yield the windows of an epoch."""
        size, buffer = self._train.batch_size, self._train.buffer_size
        chosen: Sequence[Example] = examples
        if self._drawn is not None:
            chosen, buffer = _Chosen(examples, self._places(epoch, self._drawn)), 1
        return epoch_batches(chosen, self._variation, size, buffer, self._seed, epoch, windows)

    def _places(self, epoch: int, count: int) -> list[int]:
        random = np.random.default_rng([derive(self._seed, "drawn"), epoch])
        return random.integers(count, size=self._length).tolist()


class _Chosen(Sequence[Example]):
    """Examples in an order of their own, in which some may come several times."""

    def __init__(self, examples: Examples, places: Sequence[int]) -> None:
        self._examples, self._places = examples, places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> Example:  # type: ignore[override]  # no slices
        return self._examples[self._places[index]]
