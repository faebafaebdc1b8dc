"""VGG19, which looks at pictures and never learns (Simonyan & Zisserman 2015)."""

import keras
import tensorflow as tf
from keras.applications import vgg19

from pix2pix.base.errors import DataError, one_line
from pix2pix.networks.layers.kinds import fastest
from pix2pix.networks.precision import in_float32
from pix2pix.networks.weights import copy_weights

# The layers whose maps are compared: the first of each block, as in the codes of pix2pixHD and SPADE.
LAYERS = tuple(f"block{number}_conv1" for number in range(1, 6))
# Half of the range of the values that the network was trained on.
_HALF = 127.5


class VGG19:
    """The first part of a trained VGG19. It computes in float32."""

    def __init__(self, weights: str) -> None:
        """Load the network.

        Args:
            weights: `imagenet`, which Keras downloads, or a weights file of Keras' VGG19 without its top.

        Raises:
            DataError: the weights cannot be loaded, or are not those of VGG19.
        """
        try:
            trained = vgg19.VGG19(include_top=False, weights=weights)
        except Exception as error:  # no network, a damaged file: Keras and HDF5 raise any kind of exception
            way = "a file of weights, or null" if weights == "imagenet" else "one of Keras' VGG19 without its top"
            why = f"{type(error).__name__}: {one_line(error)}"
            raise DataError(f"model.vgg_weights = {weights}: {why}; name {way}") from None
        seen = keras.Model(trained.input, [trained.get_layer(name).output for name in LAYERS])
        self._model = keras.models.clone_model(seen, clone_function=_fastest)
        copy_weights(seen, self._model)
        self._model.trainable = False

    def __call__(self, pictures: tf.Tensor) -> list[tf.Tensor]:
        """Return the maps of `LAYERS`, after their ReLU.

        Keras has Caffe's weights, which see values from 0 to 255 less a mean. Maps are divided by half of that range:
        because a ReLU keeps factors, they are those of a network that sees values from -1 to 1, as the sources' does.

        Args:
            pictures: float32 RGB `(batch, height, width, 3)` in [-1, 1]; sides of at least 32.
        """
        return [maps / _HALF for maps in self._model(vgg19.preprocess_input((pictures + 1) * _HALF))]


def _fastest(layer: keras.Operation) -> keras.Operation:
    return fastest(layer).from_config(in_float32(layer))
