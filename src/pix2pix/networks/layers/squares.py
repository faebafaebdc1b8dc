"""The 4x4 convolution of stride 2 on large maps, its gradients, and its transpose, by products of matrices.

This is for processors without AVX-512 (see `hardware.convolutions_are_slow`). There it is faster than TensorFlow's
kernels forwards, and for the gradient by the weights. For the gradient by the input their kernel is kept.

The padded maps are cut into squares of 2x2 pixels, and the values of a square become the channels of one place. The
kernel is then one of 2x2 places. One product multiplies all places by its four parts; the four results are shifted
against each other by a place, and added.
"""

import tensorflow as tf

from pix2pix.base import hardware

# With fewer channels a convolution is faster than the copies that a product needs.
_CHANNELS = 16
# The places of the kernel of 2x2: row and column.
_PLACES = ((0, 0), (0, 1), (1, 0), (1, 1))


def are_faster(pictures: tf.Tensor, channels: int) -> bool:
    """Whether products are faster on this machine than TensorFlow's kernels.

    Args:
        pictures: what is convolved.
        channels: of the maps before the convolution, or after the transposed one.
    """
    return channels >= _CHANNELS and hardware.convolutions_are_slow(pictures.dtype)


@tf.custom_gradient
def halved(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute what `downconvolution.halved` does, with other last bits."""

    def gradient(change: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _transposed(change, kernel, tf.shape(pictures)), _by_kernel(pictures, change, kernel)

    return _halved(pictures, kernel), gradient


@tf.custom_gradient
def doubled(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Compute what `upconvolution.doubled` does, with other last bits."""

    def gradient(change: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _halved(change, kernel), _by_kernel(change, pictures, kernel)

    batch, height, width, _ = tf.unstack(tf.shape(pictures))
    made = _transposed(pictures, kernel, tf.stack([batch, 2 * height, 2 * width, kernel.shape[2]]))
    return tf.ensure_shape(made, [None, 2 * pictures.shape[1], 2 * pictures.shape[2], kernel.shape[2]]), gradient


def _halved(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    _, height, width, _ = pictures.shape
    channels, filters = kernel.shape[2:]
    # The axes of a side of the kernel: the place in the square, then the pixel in it.
    parts = tf.transpose(tf.reshape(kernel, [2, 2, 2, 2, channels, filters]), [1, 3, 4, 0, 2, 5])
    product = tf.matmul(_squares(pictures), tf.reshape(parts, [4 * channels, 4 * filters]))
    maps = tf.reshape(product, [-1, height // 2 + 1, width // 2 + 1, 4 * filters])
    size = [-1, height // 2, width // 2, filters]
    shifted = [tf.slice(maps, [0, row, column, (2 * row + column) * filters], size) for row, column in _PLACES]
    return tf.add_n(shifted)


def _by_kernel(pictures: tf.Tensor, change: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Return the gradient by the kernel of `_halved(pictures, kernel)`, whose result has the gradient `change`."""
    channels, filters = kernel.shape[2:]
    shifted = [tf.pad(change, [[0, 0], [row, 1 - row], [column, 1 - column], [0, 0]]) for row, column in _PLACES]
    spread = tf.reshape(tf.concat(shifted, 3), [-1, 4 * filters])
    product = tf.matmul(_squares(pictures), spread, transpose_a=True)
    parts = tf.reshape(product, [2, 2, channels, 2, 2, filters])
    return tf.reshape(tf.transpose(parts, [3, 0, 4, 1, 2, 5]), kernel.shape)


def _transposed(maps: tf.Tensor, kernel: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Return the gradient by the pictures of `_halved`, which is the transposed convolution, in the shape `size`."""
    return tf.raw_ops.Conv2DBackpropInput(
        input_sizes=size, filter=kernel, out_backprop=maps, strides=[1, 2, 2, 1], padding="SAME"
    )


def _squares(pictures: tf.Tensor) -> tf.Tensor:
    """Cut padded pictures into squares: `(batch * (height / 2 + 1) * (width / 2 + 1), 4 * channels)`."""
    padded = tf.pad(pictures, [[0, 0], [1, 1], [1, 1], [0, 0]])
    return tf.reshape(tf.nn.space_to_depth(padded, 2), [-1, 4 * pictures.shape[3]])
