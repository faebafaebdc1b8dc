"""A trained model of any kind, from its folder."""

from pathlib import Path
from typing import TypeVar

from pix2pix.base.files import read_json
from pix2pix.models.sampler import Sampler
from pix2pix.models.translator import Translator
from pix2pix.networks.precision import Precision

# A model that a folder can hold: from a picture, or from noise.
Generator = Translator | Sampler
Kind = TypeVar("Kind", Translator, Sampler)


def load(path: Path, precision: Precision = "float32") -> Generator:
    """Load the model of a folder; for `precision` see `networks.inference.inference_form`.

    Raises:
        DataError: the folder is missing or damaged.
    """
    return (Sampler if _from_noise(path) else Translator).load(path, precision)


def _from_noise(path: Path) -> bool:
    """Whether the description says that the model starts from noise; a damaged one is refused when it is loaded."""
    try:
        told = read_json(path / "about.json")
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("noise") is not None
