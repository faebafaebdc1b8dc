"""Batch normalisation: Keras' layer, by TensorFlow's fused kernel while it learns."""

import tensorflow as tf
from keras import layers


class Norm(layers.BatchNormalization):
    """`BatchNormalization` over the channels of maps; only its last bits are others.

    Keras writes it as a dozen operations, each a pass through memory, and under bfloat16 two casts; the kernel makes
    one forward and one back, with float32 statistics in any precision.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Float `(batch, height, width, channels)` to the same."""
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma),
            offset=tf.convert_to_tensor(self.beta),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        )
        # The kernel gives the variance of what the pixels are a sample of; Keras keeps that of the pixels.
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance * (count - 1) / count)
        return outputs

    def _follow(self, average: tf.Variable, value: tf.Tensor) -> None:
        average.assign(average * self.momentum + value * (1 - self.momentum))
