"""Batch normalisation that uses TensorFlow's fused kernel during training."""

import tensorflow as tf
from keras import layers


class Norm(layers.BatchNormalization):
    """Keras' `BatchNormalization` over the channels of maps. Its results differ in the last bits.

    Keras needs a dozen operations, each with a pass through memory, and two more casts in bfloat16. The fused kernel
    needs one pass forward and one back, with float32 statistics in either precision.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Normalise float `(batch, height, width, channels)`; the result has the same shape and dtype."""
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
        # The kernel divides the variance by count - 1, Keras by count.
        count = tf.cast(tf.size(inputs) // inputs.shape[-1], tf.float32)
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance * (count - 1) / count)
        return outputs

    def _follow(self, average: tf.Variable, value: tf.Tensor) -> None:
        average.assign(average * self.momentum + value * (1 - self.momentum))
