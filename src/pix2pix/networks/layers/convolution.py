"""A convolution of stride 1 that avoids oneDNN's slow kernels on processors without AVX-512."""

from collections.abc import Sequence

import tensorflow as tf
from keras import layers

from pix2pix.base import hardware

# Kernels of even sides gain only if they have fewer filters than this.
_FEW = 16
# On maps whose sides are no longer than this, it takes too long to mirror the kernel.
_SMALL = 16


class Convolution(layers.Conv2D):
    """Keras' `Conv2D`. Where `convolved` is faster, its results differ in the last bits."""

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Convolve float `(batch, height, width, channels)`; Keras' `call` adds the bias and the activation."""
        plain = self.strides == self.dilation_rate == (1, 1) and self.groups == 1
        if plain and is_faster(inputs, kernel.shape):
            return convolved(inputs, tf.convert_to_tensor(kernel), self.padding)
        return super().convolution_op(inputs, kernel)


def is_faster(pictures: tf.Tensor, kernel: Sequence[int]) -> bool:
    """Whether `convolved` is faster on this machine than TensorFlow's kernel, for a kernel of this shape."""
    rows, columns, _, filters = kernel
    large = any(side is None or side > _SMALL for side in pictures.shape[1:3])
    gains = filters < _FEW or bool(rows % 2 and columns % 2)
    return large and gains and (rows, columns) != (1, 1) and hardware.convolutions_are_slow(pictures.dtype)


def convolved(pictures: tf.Tensor, kernel: tf.Tensor, padding: str) -> tf.Tensor:
    """Compute a convolution of stride 1 by oneDNN's kernel for another operation, which is fast everywhere.

    The gradient of a convolution by its input is a convolution, too, with the mirrored kernel.

    Args:
        pictures: float `(batch, height, width, channels)`.
        kernel: `(rows, columns, channels, filters)`.
        padding: `same` or `valid`.

    Returns:
        `(batch, height, width, filters)`; for `valid`, of height and width less `rows - 1` and `columns - 1`.
    """
    rows, columns, _, filters = kernel.shape
    same = padding == "same"
    # By side: the lines that padding adds before and after.
    added = [((side - 1) // 2, side // 2) if same else (0, 0) for side in (rows, columns)]
    usual = {"strides": [1, 1, 1, 1], "padding": padding.upper()}

    @tf.custom_gradient
    def mirrored(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        batch, height, width, _ = tf.unstack(tf.shape(pictures))

        def gradient(change: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return (
                tf.raw_ops.Conv2DBackpropInput(
                    input_sizes=tf.shape(pictures), filter=kernel, out_backprop=change, **usual
                ),
                tf.raw_ops.Conv2DBackpropFilter(
                    input=pictures, filter_sizes=kernel.shape, out_backprop=change, **usual
                ),
            )

        made = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[batch, *((height, width) if same else (height - rows + 1, width - columns + 1)), filters],
            filter=tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]),
            out_backprop=pictures,
            strides=[1, 1, 1, 1],
            padding="EXPLICIT",
            explicit_paddings=[
                *(0, 0),
                *(rows - 1 - each for each in added[0]),
                *(columns - 1 - each for each in added[1]),
                *(0, 0),
            ],
        )
        return made, gradient

    sides = [
        length if same or length is None else length - side + 1
        for length, side in zip(pictures.shape[1:3], (rows, columns), strict=True)
    ]
    return tf.ensure_shape(mirrored(pictures, kernel), [pictures.shape[0], *sides, filters])
