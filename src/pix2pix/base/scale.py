"""Convert pictures between whole numbers, their scale outside the networks, and float32 [-1, 1] inside them.

Outside they are uint8, 0 to 255, or uint16, 0 to 65535.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def to_network(pictures: tf.Tensor | NDArray[np.uint8 | np.uint16]) -> tf.Tensor | NDArray[np.float32]:
    """Convert pictures to the scale of the networks: `x / 127.5 - 1`, as in the tutorial, or `x / 32767.5 - 1`.

    Args:
        pictures: uint8 or uint16 of any shape, or float32 of 0 to 255; a tensor or an array.

    Returns:
        float32 of the same shape and kind, -1 to 1.
    """
    if isinstance(pictures, np.ndarray):
        # The same bits as TensorFlow outside a graph, in a fifth of its time. Inside a graph TensorFlow gives others.
        return np.divide(pictures, _half(pictures.dtype), dtype=np.float32) - np.float32(1)
    return tf.cast(pictures, tf.float32) / _half(pictures.dtype) - 1.0


def is_picture(field: tf.Tensor) -> bool:
    """Whether a field of a batch is a picture, by the type of its values: class ids are int32."""
    return field.dtype in (tf.uint8, tf.uint16)


def scaled(fields: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Convert the pictures among the fields of a batch to the scale of the networks; the others stay."""
    return {name: to_network(field) if is_picture(field) else field for name, field in fields.items()}


def _half(kind: tf.DType | np.dtype[Any]) -> float:
    """Return half of the largest value that pictures of a type have outside the networks."""
    return 32767.5 if kind == np.uint16 else 127.5


def from_network(pictures: tf.Tensor, bits: int = 8) -> tf.Tensor:
    """Convert pictures from the scale of the networks to the nearest whole values.

    Args:
        pictures: float32 of any shape; values outside -1 to 1 are clipped.
        bits: 8 or 16 for a value.

    Returns:
        uint8 or uint16 of the same shape.
    """
    kind = tf.uint8 if bits == 8 else tf.uint16
    return tf.cast(tf.clip_by_value(tf.round((pictures + 1.0) * _half(kind)), 0, kind.max), kind)
