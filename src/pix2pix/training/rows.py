"""Many tensors as one row of numbers, so that processes exchange them at once."""

from typing import Any

import tensorflow as tf


def row(tensors: Any) -> tf.Tensor:
    """Return all numbers of float32 tensors in any structure, one after the other: float32 `(numbers,)`."""
    return tf.concat([tf.reshape(each, [-1]) for each in tf.nest.flatten(tensors)], axis=0)


def unrow(numbers: tf.Tensor, structure: Any) -> Any:
    """Return the tensors of a row; the structure has anything with a `shape` for each of them."""
    shapes = [each.shape for each in tf.nest.flatten(structure)]
    parts = tf.split(numbers, [shape.num_elements() for shape in shapes])
    tensors = [tf.reshape(part, shape) for part, shape in zip(parts, shapes, strict=True)]
    return tf.nest.pack_sequence_as(structure, tensors)
