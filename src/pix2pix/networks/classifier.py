"""The classifier: a compact residual network that reads the class of a whole picture (He et al. 2016)."""

import keras
from keras import layers

from pix2pix.networks.blocks import Style
from pix2pix.networks.halvings import halvings
from pix2pix.networks.residual import dropout, normalised, residual

# The filters of the deepest blocks, as a multiple of the first ones.
_MOST = 8
_DROPOUT = 0.2


def classifier(size: tuple[int, int], classes: int, filters: int = 24, seed: int = 0) -> keras.Model:
    """Build a network that turns pictures into class logits.

    A convolution at full size is followed by residual blocks of stride 2, which bring a picture of 64x64 to 4x4. Then
    come the mean over all places and a dense layer.

    Args:
        size: height and width of the pictures in pixels, multiples of 32.
        classes: the number of classes.
        filters: filters of the first convolution; the blocks have 2, 4 and then 8 times as many.
        seed: decides the first weights.

    Returns:
        A model from float32 `(batch, height, width, 3)` in [-1, 1] to float32 logits `(batch, classes)`. They are 0 at
        first, so no class is preferred.
    """
    style = Style(seed).of("classifier")
    photo = keras.Input((*size, 3), name="photo")
    x = layers.ReLU(name="stem_relu")(normalised(photo, style, "stem", filters))
    for level in range(1, halvings(size) + 1):
        x = residual(x, style, f"block_{level}", filters * min(2**level, _MOST), stride=2)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = dropout(x, style, "mean", _DROPOUT)
    return keras.Model(photo, layers.Dense(classes, kernel_initializer="zeros", name="logits")(x), name="classifier")
