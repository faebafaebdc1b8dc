"""Noise as an input of a network that reads a picture."""

import keras
import numpy as np
from keras import layers
from keras.src.ops.numpy import Matmul

# The layer whose output is the noise itself.
NAME = "noise"


def planes(picture: keras.KerasTensor, size: int, seed: int) -> keras.KerasTensor:
    """Build planes of noise for each picture: `size` numbers from N(0, 1), the same at each pixel.

    The noise is drawn by a layer that Keras has. So it follows from a seed as dropout does, and whoever loads a saved
    network needs no code of this project.

    Args:
        picture: the picture that is read, `(batch, height, width, channels)`.
        size: the number of planes.
        seed: the seed of the layer, until a step or a use sets another.

    Returns:
        `(batch, height, width, size)`; 0 everywhere when the network is called with `training=False`.
    """
    point = layers.GlobalAveragePooling2D(keepdims=True, name=f"{NAME}_point")(picture)
    nothing = Matmul(name=f"{NAME}_zeros")(point, np.zeros((picture.shape[-1], size), np.float32))
    drawn = layers.GaussianNoise(1.0, seed=seed, name=NAME)(nothing)
    return layers.UpSampling2D(picture.shape[1:3], name=f"{NAME}_planes")(drawn)


def drawn(network: keras.Model) -> keras.Model:
    """Return what gives the noise that a network draws for pictures, `(batch, 1, 1, size)`, and nothing else."""
    return keras.Model(network.input, network.get_layer(NAME).output, name=NAME)
