"""A strided convolution that computes small maps by one matrix product, and large ones as fast as this machine can."""

import tensorflow as tf
from keras import layers

from pix2pix.networks.layers import squares

# The largest side of an output that is computed by one matrix product.
SMALL = 8


class DownConvolution(layers.Conv2D):
    """Keras' `Conv2D` with a 4x4 kernel, stride 2 and padding "same". Its results differ in the last bits.

    As in `UpConvolution`, a matrix product uses the millions of weights in the order in which they are stored.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Convolve float `(batch, height, width, channels)` to `(batch, height/2, width/2, filters)`, rounded up.

        Sides of at most `2 * SMALL` are even.
        """
        sides = inputs.shape[1:3]
        large, even = max(sides) > 2 * SMALL, all(side % 2 == 0 for side in sides)
        if large and not (even and squares.are_faster(inputs, inputs.shape[3])):
            return super().call(inputs)
        maps = (squares.halved if large else halved)(inputs, tf.convert_to_tensor(self.kernel))
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
    # The input is cut into squares of 2x2 pixels. Every output sees 2x2 neighbouring squares, 16 pixels, in the
    # kernel's order: first two lines of squares, then two columns of them.
    padded = tf.pad(pictures, [[0, 0], [1, 1], [1, 1], [0, 0]])
    lines = tf.reshape(padded, [-1, height + 1, 4 * (width + 1) * channels])
    pairs = tf.reshape(_neighbours(lines, axis=1), [-1, 4 * height, width + 1, 2 * channels])
    seen = tf.reshape(_neighbours(pairs, axis=2), [-1, height, 4, width, 4 * channels])
    seen = tf.reshape(tf.transpose(seen, [0, 1, 3, 2, 4]), [-1, 16 * channels])
    product = tf.matmul(seen, tf.reshape(kernel, [16 * channels, -1]))
    return tf.reshape(product, [-1, height, width, kernel.shape[3]])


def _neighbours(maps: tf.Tensor, axis: int) -> tf.Tensor:
    """Put each entry along an axis and the next one side by side, along a new axis of length 2 after it."""
    begin, size = [0] * maps.shape.rank, [-1, *maps.shape[1:]]
    size[axis] -= 1
    first = tf.slice(maps, begin, size)  # its gradient takes a fraction of the time of a Python slice's
    begin[axis] = 1
    return tf.stack([first, tf.slice(maps, begin, size)], axis=axis + 1)
