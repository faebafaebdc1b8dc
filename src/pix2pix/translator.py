"""A trained generator as one object: image in, image out."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pix2pix.errors import DataError, one_line
from pix2pix.networks import folder
from pix2pix.networks.inference import GeneratorInUse

Image = NDArray[np.uint8]
# What a generator's folder says of it.
MADE_FOR = ("fingerprint", "direction", "palette", "image_size")
# How a trained generator can be used, by name; the first is the paper's.
WAYS = {
    "generated": {"dropout": True, "moving_averages": False},
    "dropout_off": {"dropout": False, "moving_averages": False},
    "moving_averages": {"dropout": True, "moving_averages": True},
    "moving_averages_dropout_off": {"dropout": False, "moving_averages": True},
}


class Translator:
    """Turns pictures into pictures with a trained generator, in the form it is used (see `networks.inference`)."""

    def __init__(
        self, trained: keras.Model, about: dict[str, Any], dropout: bool = True, moving_averages: bool = False
    ) -> None:
        """`about` is what the model folder says of `trained`; for the others see `GeneratorInUse`."""
        self.about = about
        self.size = int(trained.input_shape[1])
        self._generator = GeneratorInUse(trained, dropout, moving_averages)

    @classmethod
    def load(cls, path: Path) -> "Translator":
        """The translator of a model folder.

        Raises:
            DataError: the folder is absent or damaged.
        """
        return cls(*_opened(path))

    @classmethod
    def load_each_way(cls, path: Path) -> dict[str, "Translator"]:
        """The translators of a model folder, one for each of the `WAYS` to use it, by its name; see `load`."""
        trained, about = _opened(path)
        return {name: cls(trained, about, **way) for name, way in WAYS.items()}

    def expect(self, **wanted: Any) -> None:
        """Check what the model was made for, such as its `direction`.

        Raises:
            DataError: it was made for something else.
        """
        for key, value in wanted.items():
            if self.about.get(key) != value:
                raise DataError(
                    f"the generator was made for {key} {one_line(self.about.get(key))}, params.yaml says {value}; "
                    "run `dvc repro train`"
                )

    def __call__(self, image: Image, seed: int = 0) -> Image:
        """Translate one picture.

        Args:
            image: uint8 RGB `(size, size, 3)`.
            seed: of the dropout masks; the same seed and picture give the same answer.

        Returns:
            uint8 RGB of the same shape.

        Raises:
            DataError: the picture is of another type or shape.
        """
        if image.dtype != np.uint8 or image.shape != (self.size, self.size, 3):
            raise DataError(
                f"a picture of {image.dtype} {image.shape} was given; this model takes uint8 "
                f"({self.size}, {self.size}, 3)"
            )
        return self._generator(image, seed)

    def digest(self) -> str:
        """SHA-256 of the weights in use, which no use changes."""
        return self._generator.digest()


def _opened(path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """The generator of a model folder, and what that says of it."""
    trained, about = folder.load(path)
    missing = [key for key in MADE_FOR if key not in about]
    if missing:
        raise DataError(f"{path / 'about.json'}: does not say its {', '.join(missing)}; run `dvc repro train`")
    size = about["image_size"]
    if not trained.input_shape == trained.output_shape == (None, size, size, 3):
        raise DataError(f"{path}: no generator of pictures of side {one_line(repr(size))}; run `dvc repro train`")
    return trained, about
