"""Spectral normalisation of a layer's kernel (Miyato et al. 2018)."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from pix2pix.base.seeds import derive

# It keeps a division finite for a kernel of zeros.
_TINY = 1e-12


class _Spectral:
    """What a normalised layer adds to `Conv2D` or `Dense`, or to a layer derived from one of them.

    The layer uses W / σ(W), where σ is the largest singular value of the kernel, seen as a matrix
    `(all other sizes, outputs)`. W itself is what is trained, and the gradient flows through σ (equation 12). A weight
    that is not trained, `direction`, holds the estimate of the right singular vector, of length 1. Every call in
    training improves it by one power iteration (algorithm 1). It is saved with the other weights, so a resumed run
    continues exactly.

    Keras' own `SpectralNormalization` is no use here: it overwrites W at every call, and takes no gradient through σ.
    """

    direction: tf.Variable

    def build(self, input_shape: Any) -> None:
        """Add the direction, whose first value follows from the layer's name."""
        super().build(input_shape)  # type: ignore[misc]
        anywhere = keras.initializers.RandomNormal(seed=derive(0, f"{self.name}/direction"))  # type: ignore[attr-defined]
        self.direction = self.add_weight(  # type: ignore[attr-defined]
            shape=(super().kernel.shape[-1], 1),  # type: ignore[misc]
            initializer=lambda shape, dtype: _unit(anywhere(shape, dtype)),
            trainable=False,
            autocast=False,
            name="direction",
        )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Apply the layer with its normalised kernel."""
        if training:
            matrix = tf.stop_gradient(self._matrix())
            left = _unit(tf.matmul(matrix, self.direction))
            self.direction.assign(_unit(tf.matmul(matrix, left, transpose_a=True)))
        return super().call(inputs)  # type: ignore[misc]

    @property
    def kernel(self) -> tf.Tensor:
        """The normalised kernel."""
        own = super().kernel  # type: ignore[misc]
        if not hasattr(self, "direction"):
            return own
        matrix = self._matrix()
        largest = tf.sqrt(2 * tf.nn.l2_loss(tf.matmul(matrix, self.direction)))
        return tf.cast(tf.reshape(matrix / (largest + _TINY), own.shape), own.dtype)

    def _matrix(self) -> tf.Tensor:
        own = tf.convert_to_tensor(super().kernel)  # type: ignore[misc]
        return tf.cast(tf.reshape(own, [-1, own.shape[-1]]), tf.float32)


def _unit(vector: tf.Tensor) -> tf.Tensor:
    return tf.math.l2_normalize(vector, epsilon=_TINY**2)


def spectral(kind: type[layers.Layer]) -> type[layers.Layer]:
    """Return the kind of layer that does the same as `kind`, a `Conv2D` or `Dense`, with a normalised kernel."""
    return type(f"Spectral{kind.__name__}", (_Spectral, kind), {})


def without_norm(kind: type[layers.Layer]) -> type[layers.Layer]:
    """Return the kind of layer that `spectral` was given; any other kind is returned as it is."""
    return next(each for each in kind.__mro__ if not issubclass(each, _Spectral))


def weights_in_use(layer: keras.Operation) -> dict[str, tf.Tensor]:
    """Return the weights by which a layer computes, by name; those of a normalised layer suit a layer without norm."""
    own = {weight.name: weight for weight in layer.weights}
    if isinstance(layer, _Spectral):
        own["kernel"] = layer.kernel
    return own
