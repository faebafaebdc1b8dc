"""A trained generator as one object that makes pictures from noise."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pix2pix.base.errors import DataError, one_line
from pix2pix.models import about as abouts
from pix2pix.models.about import About
from pix2pix.networks import folder, sampling
from pix2pix.networks.precision import Precision
from pix2pix.networks.sampling import SamplerInUse

Image = NDArray[Any]
Noise = NDArray[np.float32]


class Sampler:
    """Makes pictures from noise with a trained generator.

    Attributes:
        about: the description in the model folder.
        task: the field `target` that it makes.
        noise_size: the number of values of the noise.
        classes: the names of the classes, one of which every picture is asked for; none if the model knows no classes.
        parameters: the number of learned values, moving averages included.
    """

    def __init__(self, trained: keras.Model, about: About, precision: Precision = "float32") -> None:
        """Take a trained generator and its description, which says how long the noise is.

        For `precision` see `inference_form`.
        """
        assert about.noise is not None
        self.about, self.task, self.noise_size = about, about.task, about.noise
        self.classes = tuple(about.classes)
        self.parameters = int(trained.count_params())
        self._generator = SamplerInUse(trained, self.task.target.bits, precision)

    @classmethod
    def load(cls, path: Path, precision: Precision = "float32") -> "Sampler":
        """Load the sampler of a model folder; for `precision` see `inference_form`.

        Raises:
            DataError: the folder is missing or damaged, or its model does not start from noise.
        """
        trained, told = folder.load(path)
        about = abouts.read(told, path / "about.json")
        if about.noise is None:
            raise DataError(
                f"{path}: this model turns pictures into others, and makes none from noise; use `pix2pix predict`"
            )
        if (_inputs(trained), trained.output_shape) != (_expected(about), (None, *about.task.target.shape)):
            classes = f" and one of {len(about.classes)} classes" if about.classes else ""
            raise DataError(
                f"{path}: its network does not turn {about.noise} numbers{classes} into a {about.task.target}, as "
                "about.json says; train it anew"
            )
        return cls(trained, about, precision)

    def noise(self, seed: int, number: int = 0) -> Noise:
        """Return the noise of picture `number` (from 0) of a seed, float32 `(noise_size,)`."""
        return sampling.noise(self.noise_size, seed, number)

    def class_id(self, name: str) -> int:
        """Return the id of a class.

        Raises:
            DataError: the model does not know it.
        """
        if name not in self.classes:
            raise DataError(f"{one_line(name)}: {self._known()}")
        return self.classes.index(name)

    def __call__(self, seed: int, number: int = 0, class_id: int | None = None) -> Image:
        """Make picture `number` (from 0) of a seed; see `of`."""
        return self.of(self.noise(seed, number), class_id)

    def of(self, noise: Noise, class_id: int | None = None) -> Image:
        """Make the picture of a noise and, if the model knows classes, of a class; it depends on nothing else.

        Args:
            noise: float32 `(noise_size,)`.
            class_id: the class, from 0; None for a model without classes.

        Returns:
            uint8 or uint16 `(height, width, channels)`.

        Raises:
            DataError: the model needs a class, does not have this one, or knows none.
        """
        if class_id not in (range(len(self.classes)) if self.classes else (None,)):
            raise DataError(f"{'no class' if class_id is None else f'class {class_id}'}: {self._known()}")
        return self._generator(noise, class_id)

    def between(self, first: Noise, last: Noise, count: int, class_id: int | None = None) -> list[Image]:
        """Make `count` pictures, at least two, on the way from one noise to another; see `between` and `of`."""
        return [self.of(noise, class_id) for noise in between(first, last, count)]

    def _known(self) -> str:
        """Say in words which classes there are."""
        names = ", ".join(map(one_line, self.classes))
        return f"this model makes pictures of one of the classes {names}" if names else "this model knows no classes"

    def frozen(self) -> Callable[..., tf.Tensor]:
        """See `SamplerInUse.frozen`."""
        return self._generator.frozen()

    def digest(self) -> str:
        """Return the SHA-256 of the weights in use, which no use changes."""
        return self._generator.digest()


def _inputs(trained: keras.Model) -> list[tuple[int | None, ...]]:
    """Return the shapes of a network's inputs."""
    return [tuple(given.shape) for given in trained.inputs]


def _expected(about: About) -> list[tuple[int | None, ...]]:
    """Return the shapes of the inputs that a description says: noise, and a class if there are any."""
    return [(None, about.noise), *([(None,)] if about.classes else [])]


def between(first: Noise, last: Noise, count: int) -> list[Noise]:
    """Return noises at equal steps from one to another, both included; `count` is at least 2. See `arc`."""
    return arc(first, last, np.linspace(0, 1, count))


def arc(first: Noise, last: Noise, shares: NDArray[np.float64]) -> list[Noise]:
    """Return noises on the arc from one to another.

    Noises of N(0, 1) lie near a sphere. A straight line between two of them passes nearer to its middle, where the
    generator has seen no noise; the arc does not (Shoemake 1985; White 2016, section 2.1).

    Args:
        first, last: float32 `(size,)`.
        shares: how far along the arc, from 0 to 1.

    Returns:
        float32 `(size,)` each. Noises in one direction are joined by a straight line.
    """
    units = [noise / max(float(np.linalg.norm(noise)), 1e-12) for noise in (first, last)]
    angle = float(np.arccos(np.clip(units[0] @ units[1], -1, 1)))
    if np.sin(angle) < 1e-6:
        return [np.asarray((1 - share) * first + share * last, np.float32) for share in shares]
    weights = np.sin(angle * np.stack([1 - shares, shares])) / np.sin(angle)
    return [np.asarray(one * first + other * last, np.float32) for one, other in weights.T]
