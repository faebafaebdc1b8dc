"""The segmenter: an FCN-8s that reads a class map out of a photo (Long, Shelhamer & Darrell 2015).

Score maps are taken at 1/8, 1/16 and 1/32 of the side, added from the coarsest on, and enlarged to full size. Each
stage halves the side by its first convolution rather than by pooling after the last, for a quarter of the work.
"""

import keras
from keras import layers

from pix2pix.networks.blocks import Style

STAGES = (1, 2, 4, 8, 8)
SCORED_STAGES = 3


def segmenter(classes: int, filters: int = 32, seed: int = 0) -> keras.Model:
    """A network from photos to class logits.

    Args:
        classes: number of classes.
        filters: filters of the first stage; the later ones have 2, 4, 8 and 8 times as many.
        seed: the first weights follow from it.

    Returns:
        A model from float32 `(batch, height, width, 3)` in [-1, 1], sides multiples of 32, to logits
        `(batch, height, width, classes)`.
    """
    style = Style(seed).of("segmenter")
    photo = x = keras.Input((None, None, 3), name="photo")
    stages = []
    for number, width in enumerate((filters * times for times in STAGES), start=1):
        x = _convolved(x, style, f"stage_{number}a", width, stride=2)
        x = _convolved(x, style, f"stage_{number}b", width, stride=1)
        stages.append(x)

    scores = None
    for number in reversed(range(len(STAGES) - SCORED_STAGES, len(STAGES))):
        name = f"score_{2 ** (number + 1)}"
        score = layers.Conv2D(classes, 1, kernel_initializer=style.he(name), name=name)(stages[number])
        if scores is not None:
            doubled = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_from_coarser")(scores)
            score = layers.Add(name=f"{name}_sum")([score, doubled])
        scores = score
    logits = layers.UpSampling2D(8, interpolation="bilinear", name="logits")(scores)
    return keras.Model(photo, logits, name="segmenter")


def _convolved(x: keras.KerasTensor, style: Style, name: str, filters: int, stride: int) -> keras.KerasTensor:
    initializer = style.he(f"{name}_conv")
    x = layers.Conv2D(
        filters, 3, stride, padding="same", use_bias=False, kernel_initializer=initializer, name=f"{name}_conv"
    )(x)
    # Short trainings too must end with averages that follow the weights.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
