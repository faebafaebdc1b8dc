"""A trained generator in the form it is used: every picture by itself, dropout of a stated seed.

pix2pix keeps dropout on at test time and normalises by the statistics of the picture at hand (paper section 3.3).
A BatchNorm at batch 1 in training mode does that, but also changes its moving averages, and with more than one
picture mixes them. The same arithmetic without either is group normalisation with one channel a group.
"""

import threading
from collections.abc import Callable
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from pix2pix.base.files import sha256_of
from pix2pix.base.scale import from_network, to_network
from pix2pix.base.seeds import derive
from pix2pix.networks.layers.downconvolution import DownConvolution
from pix2pix.networks.layers.upconvolution import UpConvolution
from pix2pix.networks.precision import in_float32


class GeneratorInUse:
    """A trained generator as it is used: one uint8 picture in, one out, from any thread."""

    def __init__(self, trained: keras.Model, dropout: bool = True, moving_averages: bool = False) -> None:
        """Take the weights of a trained generator; it is not changed by any use.

        Args:
            trained: see `networks.generator`.
            dropout: whether it stays on, as in the paper.
            moving_averages: normalise by those of the training, not by the picture's own statistics as in the paper.
        """
        self._model, self._dropout = inference_form(trained, moving_averages), dropout
        self._run = tf.function(lambda pictures: from_network(self._model(to_network(pictures), training=dropout)))
        self._one_at_a_time = threading.Lock()  # the dropout seed is the model's state

    def refresh(self, trained: keras.Model) -> None:
        """Take the weights anew, after more training."""
        copy_weights(trained, self._model)

    def __call__(self, picture: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
        """uint8 `(height, width, channels)` of the input to that of the target, with the dropout masks of `seed`."""
        with self._one_at_a_time:
            set_dropout_seed(self._model, seed)
            return self._run(tf.constant(picture[None]))[0].numpy()

    def frozen(self, seed: int) -> Callable[[tf.Tensor], tf.Tensor]:
        """The same for any number of pictures, with the masks of `seed` and all weights as constants.

        Returns:
            A function of uint8 `(n, height, width, channels)` for graphs, without variables and random numbers.
        """
        with self._one_at_a_time:
            set_dropout_seed(self._model, seed)
            masks = {
                # What dropout makes of ones: zeros, and what the others are multiplied by.
                layer.name: layer(tf.ones((1, *layer.output.shape[1:])), training=self._dropout).numpy()
                for layer in dropout_layers(self._model)
            }

        def masked(layer: layers.Layer) -> layers.Layer:
            mask = masks.get(layer.name)
            if mask is None:
                return layer
            # Where Keras has to find the shape out by itself, it takes Ctrl-C for an error in the function.
            return layers.Lambda(lambda maps: maps * mask, mask.shape[1:], name=layer.name)

        model = keras.models.clone_model(self._model, clone_function=masked)
        weights = [
            [variable.numpy() for variable in each]
            for each in (model.trainable_variables, model.non_trainable_variables)
        ]

        def run(pictures: tf.Tensor) -> tf.Tensor:
            answer, _ = model.stateless_call(
                *([tf.constant(value) for value in each] for each in weights), to_network(pictures)
            )
            return from_network(answer)

        return run

    def digest(self) -> str:
        """SHA-256 of the weights in use."""
        return sha256_of(weight.tobytes() for weight in self._model.get_weights())


def inference_form(trained: keras.Model, moving_averages: bool = False) -> keras.Model:
    """A new model with the trained one's weights whose outputs do not depend on the pictures beside them.

    Call it with `training=True` to keep dropout on, after `set_dropout_seed`; every picture gets the same masks.
    """
    used = partial(_used, moving_averages=moving_averages)
    model = keras.models.clone_model(trained, clone_function=used, call_function=_call)
    copy_weights(trained, model)
    return model


def copy_weights(trained: keras.Model, used: keras.Model) -> None:
    """Bring the weights of an inference form up to date; moving averages where it has a place for them."""
    for layer in used.layers:
        source = trained.get_layer(layer.name)
        for variable in layer.weights:
            variable.assign(next(v for v in source.weights if v.name == variable.name))


def dropout_layers(model: keras.Model) -> list[layers.Dropout]:
    """The model's dropout layers, from the input on."""
    return [layer for layer in model.layers if isinstance(layer, layers.Dropout)]


def set_dropout_seed(model: keras.Model, seed: int) -> None:
    """Make the next call's dropout masks a function of `seed` and the layer, whatever was called before."""
    for layer in dropout_layers(model):
        layer.seed_generator.state.assign([derive(seed, layer.name), 0])


def _used(layer: layers.Layer, moving_averages: bool) -> layers.Layer:
    if isinstance(layer, layers.BatchNormalization) and moving_averages:
        # Frozen, it takes and keeps its averages in training mode too.
        return layers.BatchNormalization.from_config(in_float32(layer) | {"trainable": False})
    if isinstance(layer, layers.BatchNormalization):
        return layers.GroupNormalization(groups=-1, epsilon=layer.epsilon, name=layer.name)
    if isinstance(layer, layers.Dropout):
        _, height, width, channels = layer.output.shape
        return layers.Dropout(layer.rate, noise_shape=(1, height, width, channels), seed=0, name=layer.name)
    kind = layer.__class__
    if _by_two(layer):
        kind = DownConvolution if isinstance(layer, layers.Conv2D) else UpConvolution
    return kind.from_config(in_float32(layer))


def _by_two(layer: layers.Layer) -> bool:
    """Whether it is a convolution such as `DownConvolution` and `UpConvolution` are made for."""
    return isinstance(layer, layers.Conv2D | layers.Conv2DTranspose) and (
        (layer.kernel_size, layer.strides, layer.padding, layer.use_bias) == ((4, 4), (2, 2), "same", False)
    )


def _call(layer: layers.Layer, *inputs: keras.KerasTensor, **_: object) -> keras.KerasTensor:
    """Without the keyword arguments recorded for the layer that was replaced (BatchNorm's `mask`)."""
    return layer(*inputs)
