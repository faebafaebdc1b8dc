"""The look at two generators, there and back."""

import keras

from pix2pix.data.tasks import Example
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.training.looks import SEEN_DROPOUT, Image, PairedLook, Watching
from pix2pix.training.progress import Row


class TwoWayLook(PairedLook):
    """Validation of the generator from input to target, and samples of both directions."""

    def __init__(self, generator: keras.Model, back: keras.Model, watching: Watching) -> None:
        """Take both generators, and what to look at."""
        super().__init__(generator, watching)
        self._back, self._used_back = back, GeneratorInUse(back, bits=watching.drawn.task.input.bits)

    def validation(self, epoch: int) -> Row | None:
        """See `PairedLook.validation`."""
        self._used_back.refresh(self._back)
        return super().validation(epoch)

    def _row(self, example: Example) -> list[Image]:
        """Return the pictures of an example: input, generated, back again; and the same from the target."""
        return [*self._returned(example["input"]), *self._returned(example["target"], first_back=True)]

    def _returned(self, picture: Image, first_back: bool = False) -> list[Image]:
        """Return a picture, what one generator makes of it, and what the other one makes of that."""
        there, again = (self._used_back, self._used) if first_back else (self._used, self._used_back)
        made = there(picture, SEEN_DROPOUT)
        return [picture, made, again(made, SEEN_DROPOUT)]
