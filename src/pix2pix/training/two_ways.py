"""The look at two generators, there and back."""

from collections.abc import Mapping
from itertools import islice

import keras

from pix2pix.base import pictures
from pix2pix.data.examples import Examples
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.training.looks import SEEN_DROPOUT, Image, Likeness, PairedLook
from pix2pix.training.progress import Row
from pix2pix.training.watched import Watched


class TwoWayLook(PairedLook):
    """Validation of the generator from input to target, and samples of both directions."""

    def __init__(
        self,
        generator: keras.Model,
        back: keras.Model,
        validated: Examples | None,
        drawn: Examples,
        measures: Mapping[Watched, Likeness],
        validation_pairs: int,
        sample_pairs: int,
        epochs: int,
        sample_epochs: int | None = None,
    ) -> None:
        """Take both generators and the pairs to look at; see `PairedLook`."""
        super().__init__(generator, validated, drawn, measures, validation_pairs, sample_pairs, epochs, sample_epochs)
        self._back, self._used_back = back, GeneratorInUse(back, bits=drawn.task.input.bits)

    def validation(self, epoch: int) -> Row | None:
        """See `PairedLook.validation`."""
        self._used_back.refresh(self._back)
        return super().validation(epoch)

    def sample(self, epoch: int) -> Image:  # noqa: ARG002
        """Draw one row for each example: input, generated, back again; and the same from the target."""
        return pictures.grid(
            [
                [*self._returned(example["input"]), *self._returned(example["target"], first_back=True)]
                for example in islice(*self._drawn)
            ]
        )

    def _returned(self, picture: Image, first_back: bool = False) -> list[Image]:
        """Return a picture, what one generator makes of it, and what the other one makes of that."""
        there, again = (self._used_back, self._used) if first_back else (self._used, self._used_back)
        made = there(picture, SEEN_DROPOUT)
        return [picture, made, again(made, SEEN_DROPOUT)]
