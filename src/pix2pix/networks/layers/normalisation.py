"""Normalisation of maps that uses TensorFlow's fused kernel."""

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
        channels = inputs.shape[-1]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.convert_to_tensor(self.gamma) if self.scale else tf.ones(channels),
            offset=tf.convert_to_tensor(self.beta) if self.center else tf.zeros(channels),
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
        # A tensor, because each operation of a Keras variable takes long to put into a graph.
        average.assign(tf.convert_to_tensor(average) * self.momentum + value * (1 - self.momentum))


class InstanceNorm(layers.GroupNormalization):
    """Instance normalisation without parameters (Ulyanov et al. 2016), as Keras' `GroupNormalization` has it.

    A picture is normalised by itself alone, so a batch of one can use the fused kernel. Last bits differ.
    """

    def __init__(self, epsilon: float = 1e-5, **options: object) -> None:
        """`options` are those of `GroupNormalization`; groups, scale and offset are fixed."""
        super().__init__(epsilon=epsilon, **{**options, "groups": -1, "center": False, "scale": False})

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Normalise float `(batch, height, width, channels)`; the result has the same shape and dtype."""
        if inputs.shape[0] != 1:
            return super().call(inputs)
        channels = inputs.shape[-1]
        return tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.ones(channels),
            offset=tf.zeros(channels),
            mean=[],
            variance=[],
            epsilon=self.epsilon,
            is_training=True,
        ).y
