"""The starts of a drawing: one class everywhere, or a built-in house."""

import numpy as np
from numpy.typing import NDArray

from pix2pix.data.channels import brought
from pix2pix.data.fit import fitted
from pix2pix.data.labels import CMP, Palette
from pix2pix.data.samples.facades import draw_pair
from pix2pix.models.translator import Translator

Image = NDArray[np.uint8]
# The seed of the houses. It differs from the demo's default, because the demo's model has seen those houses.
SEED = 2024


def ground(classes: Palette) -> int:
    """Return the class of an empty drawing, which an eraser leaves, too: for façades the bare wall."""
    return classes.names.index("facade") if "facade" in classes.names else 0


def has_houses(translator: Translator) -> bool:
    """Whether the built-in houses can be a model's input of 8 bits: in grey, or if it knows their classes."""
    if translator.about.made_for == "colourise":
        return translator.task.input.bits == 8
    classes = translator.classes
    return translator.task.input.asked.is_plain and classes is not None and set(CMP.names) <= set(classes.names)


def house(translator: Translator, number: int) -> Image:
    """Return a built-in house as a model's input, uint8 in its size and channels; `has_houses` has to be true.

    A label map is in the colours of the model's own palette.
    """
    photo, labels = draw_pair(SEED, number)
    field = translator.task.input
    if field.is_label and translator.classes is not None:
        same = np.array([translator.classes.names.index(name) for name in CMP.names], np.uint8)
        labels = translator.classes.paint(same[CMP.classes(labels)])
    given = labels if field.is_label else brought(photo, field.channels)
    return fitted(given, (field.height, field.width), translator.about.fit, field.is_label)
