"""The class of a whole picture as a network reads it: an id outside, one-hot inside.

The encoding is a part of the network, so that everything outside of it gives ids. It has no weights.
"""

from typing import NamedTuple

import keras
from keras.src.ops.nn import OneHot


class ClassInput(NamedTuple):
    """An input of a network.

    Attributes:
        ids: the input itself, int32 `(batch,)`.
        code: float32 `(batch, classes)`, 1 for the class and 0 for the others.
    """

    ids: keras.KerasTensor
    code: keras.KerasTensor


def class_input(classes: int) -> ClassInput:
    """Return the input of a network that is told one of so many classes."""
    ids = keras.Input((), dtype="int32", name="class")
    return ClassInput(ids, OneHot(classes, dtype="float32", name="class_code")(ids))
