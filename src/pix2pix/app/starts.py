"""What a drawing may start from: a wall without anything, or one of the built-in houses."""

import numpy as np
from numpy.typing import NDArray

from pix2pix.base.pictures import resized
from pix2pix.data.labels import CMP, Palette
from pix2pix.data.samples.facades import draw_pair
from pix2pix.models.translator import Translator

Image = NDArray[np.uint8]
# The stream of houses: not that of the default demo's, which its model has seen.
SEED = 2024


def ground(classes: Palette) -> int:
    """The class of an empty wall, which is also what an eraser leaves."""
    return classes.names.index("facade") if "facade" in classes.names else 0


def has_houses(translator: Translator) -> bool:
    """Whether the built-in houses can be a model's input: they have no classes but these."""
    classes = translator.classes
    return not translator.task.input.is_label or (classes is not None and set(CMP.names) <= set(classes.names))


def house(translator: Translator, number: int) -> Image:
    """A built-in house as a model's input: uint8 RGB in its size; see `has_houses`.

    Its label map is in the colours that the model's palette gives to the classes.
    """
    photo, labels = draw_pair(SEED, number)
    field = translator.task.input
    if field.is_label and translator.classes is not None:
        same = np.array([translator.classes.names.index(name) for name in CMP.names], np.uint8)
        labels = translator.classes.paint(same[CMP.classes(labels)])
    return resized(labels if field.is_label else photo, field.width, field.height, field.is_label)
