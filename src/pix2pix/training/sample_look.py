"""The look at a system whose generator makes pictures from noise."""

from collections.abc import Callable, Mapping
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
    """Validation and samples of a generator that makes pictures from noise. The noise is the same after each epoch."""

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
    ) -> None:
        """Take the generator and the real pictures to compare with.

        Args:
            generator: the generator that is trained, from float32 `(batch, noise)`.
            validated: real pictures that are not trained on; None if nothing is measured.
            measures: each measure with its function.
            validation_pictures: the number of real pictures, from the first on, and of generated ones beside them.
            sample_pictures: the number of pictures that are drawn.
            epochs: the number of epochs of the whole training.
            bits: 8 or 16 for a value of the pictures.
            sample_epochs: pictures are drawn every so many epochs; None for more and more seldom, see `drawn_after`.
        """
        self._generator, self._used = generator, SamplerInUse(generator, bits)
        self._size = generator.input_shape[-1]
        self._real = None if validated is None else _stacked(validated, validation_pictures)
        self._measures, self._drawn, self._epochs, self._every = measures, sample_pictures, epochs, sample_epochs
        self.watched = tuple(measures)

    def _made(self, count: int) -> list[Image]:
        return [self._used(noise(self._size, _SEEN, number)) for number in range(count)]

    def validation(self, epoch: int) -> Row | None:
        """Return each measure of the generated and the real pictures."""
        self._used.refresh(self._generator)
        if self._real is None:
            return None
        made = np.stack(self._made(len(self._real)))
        return {"epoch": epoch} | {column(each): measure(self._real, made) for each, measure in self._measures.items()}

    def draws(self, epoch: int) -> bool:
        """See `drawn_after`."""
        return drawn_after(epoch, self._epochs, self._every)

    def sample(self, epoch: int) -> Image:  # noqa: ARG002
        """Draw the pictures of the first noises in rows; the last row is filled up with white."""
        return pictures.sheet(self._made(self._drawn), _IN_A_ROW)


def _stacked(examples: Examples, count: int) -> NDArray[Any]:
    return np.stack([example["target"] for example in islice(examples, count)])
