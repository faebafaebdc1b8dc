"""The use of a trained generator: it takes each picture by itself, with dropout masks from a stated seed.

pix2pix keeps dropout on when it is used, and normalises a picture by its own statistics (paper, section 3.3). BatchNorm
in training mode does this at batch 1. But it also changes its moving averages, and it mixes the pictures of a larger
batch. Group normalisation with one channel a group computes the same and does neither.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from pix2pix.base.files import sha256_of
from pix2pix.base.scale import from_network, to_network
from pix2pix.base.seeds import derive
from pix2pix.networks.condition import as_given
from pix2pix.networks.layers.kinds import fastest
from pix2pix.networks.portable import portable
from pix2pix.networks.precision import Precision, policies, settled
from pix2pix.networks.weights import copy_weights

# The layers that draw random numbers: dropout, and noise that is added. Both follow from one seed in use.
RANDOM = (layers.Dropout, layers.GaussianNoise)


class InUse:
    """A trained network in use, in the form that `inference_form` gives it. Training and use change no weight of it."""

    def __init__(
        self, trained: keras.Model, bits: int, moving_averages: bool = False, precision: Precision = "float32"
    ) -> None:
        """Copy the weights of a trained network; see `GeneratorInUse`."""
        self._model, self._bits = inference_form(trained, moving_averages, precision), bits

    def refresh(self, trained: keras.Model) -> None:
        """Copy the weights again, after more training."""
        copy_weights(trained, self._model)

    def digest(self) -> str:
        """Return the SHA-256 of the weights in use, in hexadecimal."""
        return sha256_of(weight.reshape(-1).view(np.uint8).data for weight in self._model.get_weights())


def constants(model: keras.Model) -> list[list[NDArray[Any]]]:
    """Return the weights of a model as `stateless_call` takes them: those that are trained, and the others."""
    variables = model.trainable_variables, model.non_trainable_variables
    return [[variable.numpy() for variable in each] for each in variables]


class GeneratorInUse(InUse):
    """A trained generator in use: it takes one picture and gives one. Any thread may call it."""

    def __init__(
        self,
        trained: keras.Model,
        dropout: bool = True,
        moving_averages: bool = False,
        bits: int = 8,
        precision: Precision = "float32",
    ) -> None:
        """Copy the weights of a trained generator, which no use changes.

        Args:
            trained: see `networks.generators`.
            dropout: whether dropout stays on, as in the paper; the same holds for noise, which is 0 when it is off.
            moving_averages: normalise by the moving averages of the training (True), or by the statistics of each
                picture, as in the paper (False).
            bits: 8 or 16 for a value of the pictures that are made.
            precision: in which it computes; see `inference_form`.
        """
        super().__init__(trained, bits, moving_averages, precision)
        self._dropout = dropout
        # Traced without autograph, which only looks for Python's `if` and `for` on tensors, and takes its time.
        self._run = tf.function(
            lambda *given: self._outside(self._model(_given(given), training=dropout)), autograph=False
        )
        self._one_at_a_time = threading.Lock()  # the dropout seed is the model's state

    def _outside(self, made: tf.Tensor) -> tf.Tensor:
        return from_network(made, self._bits)

    def __call__(self, picture: NDArray[Any], seed: int, instances: NDArray[Any] | None = None) -> NDArray[Any]:
        """Translate an input to a target with the dropout masks of `seed`.

        Args:
            picture: uint8 or uint16 `(height, width, channels)`.
            seed: of the masks.
            instances: of a network that reads instance maps, uint16 `(height, width, 1)`.

        Returns:
            uint8 or, of 16 bits, uint16 `(height, width, channels)`.
        """
        with self._one_at_a_time:
            set_dropout_seed(self._model, seed)
            given = [picture] if instances is None else [picture, instances]
            return self._run(*(tf.constant(each[None]) for each in given))[0].numpy()

    def frozen(self, seed: int) -> Callable[..., tf.Tensor]:
        """Return a function that translates any number of pictures, with masks of `seed` and weights as constants.

        Returns:
            A function of uint8 or uint16 `(n, height, width, channels)` for graphs, without variables and random
            numbers, of Keras' own layers: ours suit this machine, and other programs may not know their operations.
            Of a network that reads instance maps it takes them, too.
        """
        with self._one_at_a_time:
            set_dropout_seed(self._model, seed)
            drawn = {layer.name: _drawn(layer, self._dropout) for layer in dropout_layers(self._model)}

        def masked(layer: keras.Operation) -> keras.Operation:
            if layer.name not in drawn:
                return layer
            factor, offset = drawn[layer.name]
            # If Keras has to find out the shape itself, it takes Ctrl-C for an error in the function.
            return layers.Lambda(lambda maps: maps * factor + offset, factor.shape[1:], name=layer.name)

        model = keras.models.clone_model(portable(self._model), clone_function=masked)
        weights = constants(model)

        def run(*given: tf.Tensor) -> tf.Tensor:
            answer, _ = model.stateless_call(
                *([tf.constant(value) for value in each] for each in weights), _given(given)
            )
            return self._outside(answer)

        return run


def _given(values: Sequence[tf.Tensor]) -> Any:
    """Return the inputs of a network in its scale, as Keras takes them."""
    return as_given([to_network(each) for each in values])


def inference_form(
    trained: keras.Model, moving_averages: bool = False, precision: Precision = "float32"
) -> keras.Model:
    """Return a new model with the weights of a trained one, in which each picture's output depends on it alone.

    For dropout, call `set_dropout_seed` and then the model with `training=True`. All pictures get the same masks.

    Args:
        trained: see `networks.generators`; it stays as it is.
        moving_averages: see `GeneratorInUse`.
        precision: bfloat16 takes about two thirds of the time on a processor with instructions for it, and keeps 8 bits
            of a value. A seed draws the same masks and the same noise in either precision. See `policies`.
    """
    policy = policies(precision, trained, [layer.name for layer in dropout_layers(trained)])
    used = partial(_used, moving_averages=moving_averages, policy=policy)
    model = keras.models.clone_model(trained, clone_function=used, call_function=_call)
    copy_weights(trained, model)
    return model


def dropout_layers(model: keras.Model) -> list[layers.Layer]:
    """Return the layers of a model that draw random numbers, dropout and noise, in order from the input."""
    return [layer for layer in model.layers if isinstance(layer, RANDOM)]


def _drawn(layer: layers.Layer, training: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the factor and the offset by which a layer changes its input with its present seed."""
    shape = 1, *layer.output.shape[1:]
    if isinstance(layer, layers.Dropout):
        # Dropout turns an array of ones into its mask: zeros, and the factor of the other values.
        return layer(tf.ones(shape), training=training).numpy(), np.zeros(1, np.float32)
    return np.ones(shape, np.float32), layer(tf.zeros(shape), training=training).numpy()


def set_dropout_seed(model: keras.Model, seed: int) -> None:
    """Make the dropout masks of the next call depend on `seed` and the layer only, not on earlier calls."""
    for layer in dropout_layers(model):
        layer.seed_generator.state.assign([derive(seed, layer.name), 0])


def _used(layer: keras.Operation, moving_averages: bool, policy: Callable[[keras.Operation], str]) -> keras.Operation:
    settings = settled(layer, policy(layer))
    if isinstance(layer, layers.BatchNormalization) and moving_averages:
        # A frozen layer uses and keeps its averages even in training mode.
        return layers.BatchNormalization.from_config(settings | {"trainable": False})
    if isinstance(layer, layers.BatchNormalization):
        kept = {key: settings[key] for key in ("center", "scale", "epsilon", "name", "dtype")}
        return layers.GroupNormalization(groups=-1, **kept)
    if isinstance(layer, layers.Dropout):
        _, height, width, channels = layer.output.shape
        return layers.Dropout(layer.rate, noise_shape=(1, height, width, channels), seed=0, name=layer.name)
    return fastest(layer).from_config(settings)


def _call(layer: keras.Operation, *inputs: keras.KerasTensor, **_: object) -> keras.KerasTensor:
    """Call a layer without the keyword arguments that belonged to the replaced layer (BatchNorm's `mask`)."""
    return layer(*inputs)
