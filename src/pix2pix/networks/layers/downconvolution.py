"""The strided convolution: Keras' layer, by one matrix product where its maps are small."""

import numpy as np
import tensorflow as tf
from keras import layers

# Up to this side of what it gives; on larger maps TensorFlow's own kernel is the faster one.
SMALL = 8


class DownConvolution(layers.Conv2D):
    """`Conv2D` with a 4x4 kernel, stride 2, padding "same" and no bias; only its last bits are others.

    As in `UpConvolution`, a matrix product reads and writes the millions of weights as they lie.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Float `(batch, height, width, channels)`, even sides, to `(batch, height / 2, width / 2, filters)`."""
        if max(inputs.shape[1:3]) > 2 * SMALL:
            return super().call(inputs)
        return halved(inputs, tf.convert_to_tensor(self.kernel))


def halved(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """The convolution as a matrix product.

    Args:
        pictures: `(batch, height, width, channels)`, even sides.
        kernel: `(4, 4, channels, filters)`.

    Returns:
        `(batch, height / 2, width / 2, filters)`.
    """
    height, width, channels = pictures.shape[1] // 2, pictures.shape[2] // 2, pictures.shape[3]
    # Every output sees 2x2 neighbours among the squares of 2x2 pixels: 16 pixels, brought together in the kernel's
    # order. By `tf.slice`, as the gradient of a Python slice takes many times as long.
    # In five dimensions, which are the most that LiteRT slices: a square's columns lie among its channels.
    squares = tf.reshape(
        tf.pad(pictures, [[0, 0], [1, 1], [1, 1], [0, 0]]), [-1, height + 1, 2, width + 1, 2 * channels]
    )
    seen = [
        tf.reshape(
            tf.slice(squares, [0, *top, left, column * channels], [-1, height, 1, width, channels]), [-1, channels]
        )
        for top in np.ndindex(2, 2)
        for left, column in np.ndindex(2, 2)
    ]
    product = tf.matmul(tf.concat(seen, axis=1), tf.reshape(kernel, [16 * channels, -1]))
    return tf.reshape(product, [-1, height, width, kernel.shape[3]])
