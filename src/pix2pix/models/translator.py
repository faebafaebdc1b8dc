"""A trained generator as one object that turns a picture into a picture."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from pix2pix.base.errors import DataError
from pix2pix.base.solvers import Solver
from pix2pix.data.tasks import Field
from pix2pix.models import about as abouts
from pix2pix.models import tiling
from pix2pix.models.about import About
from pix2pix.models.fitting import Fit, fitted, restored
from pix2pix.networks import folder
from pix2pix.networks.inference import RANDOM, GeneratorInUse, dropout_layers
from pix2pix.networks.precision import Precision
from pix2pix.networks.walker import WalkerInUse

Image = NDArray[Any]
# The ways to use a trained generator, by name. The first is the paper's.
WAYS = {
    "generated": {"dropout": True, "moving_averages": False},
    "dropout_off": {"dropout": False, "moving_averages": False},
    "moving_averages": {"dropout": True, "moving_averages": True},
    "moving_averages_dropout_off": {"dropout": False, "moving_averages": True},
}


class Translator:
    """Turns pictures into pictures with a trained generator in its form for use (see `networks.inference`).

    Attributes:
        about: the description in the model folder; its `walk` has the steps that are in use.
        task: the field `input` that the model reads, perhaps with `instances`, and the field `target` that it makes.
        classes: the palette of the label maps; None if there are none.
        parameters: the number of learned values, moving averages included.
        dropout, moving_averages: see `GeneratorInUse`.
        random: what the network draws random numbers for, `dropout` or `noise`; empty if a seed changes nothing.
    """

    def __init__(
        self,
        trained: keras.Model,
        about: About,
        dropout: bool = True,
        moving_averages: bool = False,
        precision: Precision = "float32",
    ) -> None:
        """Take a trained generator and its description; for the others see `GeneratorInUse`."""
        self.about, self.task, self.classes = about, about.task, about.label_classes
        self.parameters = int(trained.count_params())
        self.dropout, self.moving_averages = dropout, moving_averages
        drawing = {layers.Dropout: "dropout", layers.GaussianNoise: "noise"}
        drawn = {drawing[type(layer)] for layer in dropout_layers(trained)}
        self.random = sorted(drawn | ({"noise"} if about.walk else set()))
        bits = self.task.target.bits
        self._generator: GeneratorInUse | WalkerInUse = (
            WalkerInUse(trained, about.walk, self.task.input.is_label, bits, precision)
            if about.walk
            else GeneratorInUse(trained, dropout, moving_averages, bits, precision)
        )

    @classmethod
    def load(cls, path: Path, precision: Precision = "float32") -> "Translator":
        """Load the translator of a model folder; for `precision` see `inference_form`.

        Raises:
            DataError: the folder is missing or damaged.
        """
        return cls(*_opened(path), precision=precision)

    @classmethod
    def load_each_way(cls, path: Path) -> dict[str, "Translator"]:
        """Load a model folder, and return a translator for each of the `WAYS` to use it, by name; see `load`.

        A network without dropout and noise cannot be used with them off, and one without BatchNorm has no moving
        averages.
        """
        trained, about = _opened(path)
        kinds = {"dropout": RANDOM, "moving_averages": (layers.BatchNormalization,)}
        there = {key: _has(trained, kind) for key, kind in kinds.items()}
        usual = WAYS["generated"]
        return {
            name: cls(trained, about, way["dropout"], way["moving_averages"])
            for name, way in WAYS.items()
            if all(there[key] or value == usual[key] for key, value in way.items())
        }

    def __call__(self, image: Image, seed: int = 0, fit: Fit = "exact", instances: Image | None = None) -> Image:
        """Translate one picture. The answer depends on nothing else, neither on other pictures nor on their order.

        Args:
            image: an input, uint8 or uint16 `(height, width, channels)`. The colours of a label map are not changed;
                see `snapped`.
            seed: the seed of the dropout masks; the same seed and picture give the same answer.
            fit: how a picture of another size is brought to the network's size, and the answer back.
            instances: of a model that reads instance maps, that of the label map, uint16 `(height, width, 1)`.

        Returns:
            The target, uint8 or uint16 `(height, width, channels)`.

        Raises:
            DataError: the picture has another type, or a size that cannot be fitted in this way; or the model reads
                instance maps and there is none, or the other way round.
        """
        self._check(image)
        self._check_instances(image, instances)
        height, width, _ = image.shape
        generator: Callable[[Image], Image] = partial(self._generator, seed=seed)
        if instances is not None:
            image, generator = np.concatenate([image, instances], axis=2), partial(self._apart, seed=seed)
        given = fitted(image, self.task.input, fit)
        answer = tiling.translated(given, self.task.target, generator) if fit == "tile" else generator(given)
        return restored(answer, width, height, self.task.target, fit)

    def _apart(self, both: Image, seed: int) -> Image:
        """Translate a label map with its instance map behind its channels, uint16 `(height, width, channels + 1)`."""
        label_map, instances = both[..., :-1].astype(self.task.input.dtype), both[..., -1:]
        return cast(GeneratorInUse, self._generator)(label_map, seed, instances)

    def in_steps(self, steps: int | None = None, solver: Solver | None = None) -> "Translator":
        """Return the same model with other steps; None for those of the model.

        Raises:
            DataError: it makes a picture at once.
        """
        if self.about.walk is None:
            raise DataError("this model makes a picture at once, so it has no steps and no solver to choose")
        other, walk = copy.copy(self), self.about.walk.asked(steps, solver)
        other.about = self.about.model_copy(update={"walk": walk})
        other._generator = cast(WalkerInUse, self._generator).going(walk)
        return other

    def snapped(self, image: Image) -> Image:
        """Give every pixel of a label map the nearest colour of the palette.

        This is for drawn maps, whose soft edges are no class. It is not for the maps of the published façades, because
        the networks were trained on their noise.

        Raises:
            DataError: the picture has another type, or this model takes no label maps.
        """
        self._check(image)
        if self.classes is None or not self.task.input.is_label:
            raise DataError("this model takes no label maps, so there are no colours to snap to")
        return self.classes.paint(self.classes.classes(image))

    def frozen(self, seed: int) -> Callable[..., tf.Tensor]:
        """See `GeneratorInUse.frozen`."""
        return self._generator.frozen(seed)

    def digest(self) -> str:
        """Return the SHA-256 of the weights in use, which no use changes."""
        return self._generator.digest()

    def refusal(self, with_instances: bool) -> str:
        """Return why the model cannot be asked with, or without, instance maps; "" if it can."""
        if with_instances == self.task.has_instances:
            return ""
        no, needed = "this model reads no instance maps", "this model needs an instance map with each label map"
        return no if with_instances else needed

    def _check(self, image: Image) -> None:
        """Raise `DataError` for anything that is no picture for this model."""
        channels, dtype = self.task.input.channels, self.task.input.dtype
        if image.dtype != dtype or image.ndim != 3 or image.shape[2] != channels or not image.size:
            raise DataError(
                f"a picture of {image.dtype} {image.shape} was given; a picture is {dtype} (height, width, {channels})"
            )

    def _check_instances(self, image: Image, instances: Image | None) -> None:
        """Raise `DataError` for an instance map that the model does not read, or that is none for this picture."""
        if why := self.refusal(instances is not None):
            raise DataError(why)
        if instances is None:
            return
        if instances.dtype != np.uint16 or instances.shape != (*image.shape[:2], 1):
            wanted = f"uint16 {(*image.shape[:2], 1)}"
            raise DataError(f"an instance map of {instances.dtype} {instances.shape} was given; it has to be {wanted}")


def taken(field: Field) -> str:
    """Return the name that programs use for a field that a model reads: `pictures` for the input, or its own name."""
    return "pictures" if field.name == "input" else field.name


def _has(trained: keras.Model, kinds: tuple[type[layers.Layer], ...]) -> bool:
    return any(isinstance(layer, kinds) for layer in trained.layers)


def _opened(path: Path) -> tuple[keras.Model, About]:
    """Load the generator of a model folder, and its description."""
    trained, told = folder.load(path)
    about = abouts.read(told, path / "about.json")
    if about.noise:
        raise DataError(f"{path}: this model makes pictures from noise, and takes none; use `pix2pix sample`")
    fields = about.task.input, about.task.target
    given, made = [(None, *field.shape) for field in about.task.read], (None, *about.task.target.shape)
    expected = [made, (None, 1), *given] if about.walk else given  # a bridge also reads a state and a time
    if ([tuple(each.shape) for each in trained.inputs], trained.output_shape) != (expected, made):
        raise DataError(
            f"{path}: its network does not turn a {fields[0]} into a {fields[1]}, as about.json says; train it anew"
        )
    return trained, about
