"""A trained generator as one object: image in, image out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from pydantic import ValidationError

from pix2pix.base.errors import DataError, one_line
from pix2pix.data import labels
from pix2pix.data.tasks import task
from pix2pix.models.fitting import Fit, fitted, restored
from pix2pix.networks import folder
from pix2pix.networks.inference import GeneratorInUse
from pix2pix.params import Data

Image = NDArray[np.uint8]
# What a generator's folder has to say of it.
MADE_FOR = ("fingerprint", "direction", "palette", "image_size")
# Those of it that `Data` knows. The half with the labels was not always written down; the default's is meant then.
OF_DATA = ("direction", "palette", "image_size", "label_half")
# How a trained generator can be used, by name; the first is the paper's.
WAYS = {
    "generated": {"dropout": True, "moving_averages": False},
    "dropout_off": {"dropout": False, "moving_averages": False},
    "moving_averages": {"dropout": True, "moving_averages": True},
    "moving_averages_dropout_off": {"dropout": False, "moving_averages": True},
}


class Translator:
    """Turns pictures into pictures with a trained generator, in the form it is used (see `networks.inference`).

    Attributes:
        about: what the model folder says of it.
        size: side of the network's pictures, in pixels.
        task: which half of a pair it reads and which it makes, and which of them is a label map.
        classes: the palette of the label maps; None if there are none.
        parameters: how many numbers it has learned, moving averages included.
        dropout, moving_averages: see `GeneratorInUse`.
    """

    def __init__(
        self, trained: keras.Model, about: dict[str, Any], dropout: bool = True, moving_averages: bool = False
    ) -> None:
        """`about` is what the model folder says of `trained`; for the others see `GeneratorInUse`."""
        data = _made_for(about)
        self.about = about
        self.size = int(trained.input_shape[1])
        self.task, self.classes = task(data), labels.classes_of(data)
        self.parameters = int(trained.count_params())
        self.dropout, self.moving_averages = dropout, moving_averages
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

    def __call__(self, image: Image, seed: int = 0, fit: Fit = "exact") -> Image:
        """Translate one picture. The answer depends on nothing else, neither on other pictures nor on their order.

        Args:
            image: uint8 RGB `(height, width, 3)`. A label map is taken as it is; see `snapped`.
            seed: of the dropout masks; the same seed and picture give the same answer.
            fit: how a picture of another size than the network's is brought to it, and the answer brought back.

        Returns:
            uint8 RGB of the same shape.

        Raises:
            DataError: the picture is of another type, or of a size that cannot be fitted so.
        """
        _check(image)
        height, width, _ = image.shape
        answer = self._generator(fitted(image, self.size, fit, self.task.input_is_label), seed)
        return restored(answer, width, height, fit, self.task.target_is_label)

    def snapped(self, image: Image) -> Image:
        """A label map with every pixel in the nearest of the palette's colours.

        For maps that were drawn: soft edges are no class. Not for those of the published façades, on whose noise the
        networks were trained.

        Raises:
            DataError: the picture is of another type, or this model does not take label maps.
        """
        _check(image)
        if self.classes is None or not self.task.input_is_label:
            raise DataError("this model takes no label maps, so there are no colours to snap to")
        return self.classes.paint(self.classes.classes(image))

    def frozen(self, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
        """See `GeneratorInUse.frozen`."""
        return self._generator.frozen(seed)

    def digest(self) -> str:
        """SHA-256 of the weights in use, which no use changes."""
        return self._generator.digest()


def _check(image: Image) -> None:
    """Refuse what is no picture."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise DataError(f"a picture of {image.dtype} {image.shape} was given; a picture is uint8 (height, width, 3)")


def _made_for(about: dict[str, Any]) -> Data:
    """What a generator was made for, in the terms of `params.yaml`; a `ValidationError` if that is impossible."""
    return Data(**{key: about[key] for key in OF_DATA if key in about})


def _opened(path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """The generator of a model folder, and what that says of it."""
    trained, about = folder.load(path)
    missing = [key for key in MADE_FOR if key not in about]
    if missing:
        raise DataError(f"{path / 'about.json'}: does not say its {', '.join(missing)}; run `dvc repro train`")
    try:
        size = _made_for(about).image_size
    except ValidationError as error:
        wrong = error.errors()[0]
        why = one_line(" ".join([*map(str, wrong["loc"]), wrong["msg"]]))
        raise DataError(f"{path / 'about.json'}: no generator is made for that: {why}") from None
    if not trained.input_shape == trained.output_shape == (None, size, size, 3):
        raise DataError(f"{path}: no generator of pictures of side {size}; run `dvc repro train`")
    return trained, about
