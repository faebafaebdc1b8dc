"""A strided convolution that computes small maps by one matrix product."""

import numpy as np
import tensorflow as tf
from keras import layers

# The largest side of an output that is computed by a matrix product; above it TensorFlow's own kernel is faster.
SMALL = 8


class DownConvolution(layers.Conv2D):
    """Keras' `Conv2D` with a 4x4 kernel, stride 2 and padding "same". Its results differ in the last bits.

    As in `UpConvolution`, a matrix product uses the millions of weights in the order in which they are stored.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Convolve float `(batch, height, width, channels)`, even sides, to `(batch, height/2, width/2, filters)`."""
        if max(inputs.shape[1:3]) > 2 * SMALL:
            return super().call(inputs)
        maps = halved(inputs, tf.convert_to_tensor(self.kernel))
        return maps + self.bias if self.use_bias else maps


def halved(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute the convolution as a matrix product.

    Args:
        pictures: float `(batch, height, width, channels)`, even sides.
        kernel: `(4, 4, channels, filters)`.

    Returns:
        `(batch, height / 2, width / 2, filters)`.
    """
    height, width, channels = pictures.shape[1] // 2, pictures.shape[2] // 2, pictures.shape[3]
    # The input is cut into squares of 2x2 pixels. Every output sees 2x2 neighbouring squares, 16 pixels; they are put
    # together in the kernel's order. The gradient of `tf.slice` takes a fraction of the time of a Python slice's.
    # LiteRT slices at most five dimensions, so the two columns of a square lie beside each other in the last one.
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
