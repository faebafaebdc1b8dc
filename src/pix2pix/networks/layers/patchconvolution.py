"""A convolution whose kernel is as wide as its stride: one matrix product of all patches."""

import tensorflow as tf
from keras import layers


class PatchConvolution(layers.Conv2D):
    """Keras' `Conv2D` with a kernel as wide as its stride. Its results differ in the last bits.

    No two outputs see the same pixel, so the patches lie beside each other in memory. oneDNN's convolution of stride 2
    reaches a tenth of what its matrix product does.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Convolve float `(batch, height, width, channels)`, sides multiples of the stride, to one value a patch."""
        side, _ = self.strides
        batch, height, width, _ = tf.unstack(tf.shape(inputs))
        channels, filters = self.kernel.shape[2:]
        rows = tf.reshape(inputs, [batch, height // side, side, width // side, side * channels])
        patches = tf.reshape(tf.transpose(rows, [0, 1, 3, 2, 4]), [-1, side * side * channels])
        product = tf.matmul(patches, tf.reshape(tf.convert_to_tensor(self.kernel), [-1, filters]))
        if self.use_bias:
            product = tf.nn.bias_add(product, tf.convert_to_tensor(self.bias))
        return tf.reshape(product, [batch, height // side, width // side, filters])
