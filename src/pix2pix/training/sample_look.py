"""The look at a system whose generator makes pictures from noise."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.base import pictures
from pix2pix.data.examples import Examples
from pix2pix.networks.sampling import SamplerInUse, noise
from pix2pix.training.looks import Image, drawn_after
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched, column

# A measure of how alike a set of real and a set of generated pictures are, `(n, height, width, channels)` each.
Resemblance = Callable[[NDArray[Any], NDArray[Any]], float]
# Validation and samples use the noise of this seed, so that they differ by the weights alone.
_SEEN = 0
_IN_A_ROW = 8


class SampleLook:
    """Validation and samples of a generator that makes pictures from noise. The noise is the same after each epoch.

    A generator that is told a class makes pictures of the classes of the real ones to compare with, and each sample
    once for each class.
    """

    def __init__(
        self,
        generator: keras.Model,
        validated: Examples | None,
        measures: Mapping[Watched, Resemblance],
        validation_pictures: int,
        sample_pictures: int,
        epochs: int,
        bits: int,
        sample_epochs: int | None = None,
        classes: int = 0,
    ) -> None:
        """Take the generator and the real pictures to compare with.

        Args:
            generator: the generator that is trained, from float32 `(batch, noise)` and, if there are classes, int32
                `(batch,)`.
            validated: real pictures that are not trained on; None if nothing is measured.
            measures: each measure with its function.
            validation_pictures: the number of real pictures, from the first on, and of generated ones beside them.
            sample_pictures: the number of pictures that are drawn, of each class.
            epochs: the number of epochs of the whole training.
            bits: 8 or 16 for a value of the pictures.
            sample_epochs: pictures are drawn every so many epochs; None for more and more seldom, see `drawn_after`.
            classes: the number of classes; 0 for a generator without.
        """
        self._generator, self._used = generator, SamplerInUse(generator, bits)
        self._size = generator.inputs[0].shape[-1]
        self._real, self._asked = _seen(validated, validation_pictures, classes > 0)
        self._classes: list[int | None] = [*range(classes)] or [None]
        self._measures, self._drawn, self._epochs, self._every = measures, sample_pictures, epochs, sample_epochs
        self.watched = tuple(measures)

    def _made(self, classes: Sequence[int | None]) -> list[Image]:
        """Make a picture of each class, or of none, from the first noises."""
        return [self._used(noise(self._size, _SEEN, number), class_id) for number, class_id in enumerate(classes)]

    def validation(self, epoch: int) -> Row | None:
        """Return each measure of the generated and the real pictures."""
        self._used.refresh(self._generator)
        if self._real is None:
            return None
        made = np.stack(self._made(self._asked))
        return {"epoch": epoch} | {column(each): measure(self._real, made) for each, measure in self._measures.items()}

    def draws(self, epoch: int) -> bool:
        """See `drawn_after`."""
        return drawn_after(epoch, self._epochs, self._every)

    def sample(self, epoch: int) -> Image:  # noqa: ARG002
        """Draw the pictures of the first noises in rows, one row for each class if there are classes."""
        rows = [self._made([class_id] * self._drawn) for class_id in self._classes]
        return pictures.grid(rows) if len(rows) > 1 else pictures.sheet(rows[0], _IN_A_ROW)


def _seen(examples: Examples | None, count: int, classes: bool) -> tuple[NDArray[Any] | None, list[int | None]]:
    """Return the first real pictures, if there are any, and the class of each, which is None without classes."""
    if examples is None:
        return None, []
    seen = [*islice(examples, count)]
    asked = [int(example["class"]) if classes else None for example in seen]
    return np.stack([example["target"] for example in seen]), asked
