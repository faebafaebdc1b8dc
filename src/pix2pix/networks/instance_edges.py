"""Instance maps as networks see them: the edges of the instances, where ids change.

The computation is a part of the network, so everything outside of it gives ids. It has no weights, and consists of
Keras' own layers and operations: whoever loads a saved network needs no code of this project.
"""

import keras
from keras import layers
from keras.src.ops.numpy import Add, Minimum, Multiply, Round

# Half of the largest id.
_HALF = 32767.5


def edges(instances: keras.KerasTensor) -> keras.KerasTensor:
    """Return where a pixel has another id than its left, right, upper or lower neighbour (pix2pixHD, section 3.3).

    Both sides of a border are edges. What lies outside of the picture is no neighbour.

    Args:
        instances: ids of 16 bits in the scale of the networks, float32 `(batch, height, width, 1)` in [-1, 1].

    Returns:
        float32 `(batch, height, width, 1)`, 1 at an edge and 0 elsewhere.
    """
    # Whole numbers are exact in float32, however the scale was computed.
    ids = Round(name="ids")(Add(name="raised_ids")(Multiply(name="scaled_ids")(instances, _HALF), _HALF))
    negative = Multiply(name="negative_ids")(ids, -1.0)
    across, down = (_range(ids, negative, name, size) for name, size in (("across", (1, 3)), ("down", (3, 1))))
    return Minimum(name="edges")(Add(name="ranges")(across, down), 1.0)


def _range(ids: keras.KerasTensor, negative: keras.KerasTensor, name: str, size: tuple[int, int]) -> keras.KerasTensor:
    """Return by how much the ids of a pixel and its two neighbours in one direction differ at most."""
    # Max pooling with padding "same" does not count what lies outside.
    most = layers.MaxPooling2D(size, 1, "same", name=f"most_{name}")(ids)
    least = layers.MaxPooling2D(size, 1, "same", name=f"least_{name}")(negative)
    return Add(name=f"range_{name}")(most, least)
