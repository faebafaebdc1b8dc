"""The segmenter: an FCN-8s that reads a class map out of a photo (Long, Shelhamer & Darrell 2015).

Score maps are taken at 1/8, 1/16 and 1/32 of the side, added from the coarsest on, and enlarged to full size. What
they are taken from, the backbone, is a compact residual network to be trained from its first weights, or the paper's
own VGG16. The photo is enlarged before it is looked at, as Isola et al. 2017 did for their FCN-scores: else a sill,
a few pixels high, would be lost in a cell of eight.
"""

from typing import Literal

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from pix2pix.base.errors import DataError, one_line
from pix2pix.base.seeds import derive
from pix2pix.networks.blocks import Style

Backbone = Literal["compact", "vgg16"]
Depths = dict[int, keras.KerasTensor]

ENLARGED = 2
# The depths that are scored: one over the part of the side that is left.
SCORED = (32, 16, 8)
# The sides of a photo are multiples of this.
MULTIPLE = SCORED[0] // ENLARGED

# The compact backbone: filters at 1/4, 1/8, 1/16 and 1/32 of the side, as multiples of those at 1/2.
WIDTHS = {4: 2, 8: 4, 16: 8, 32: 8}
# How many cells away the second convolution of a depth looks, where not at the next; at the end there is a block more.
# A cell then knows 165 pixels of the photo either way: the storeys of a façade explain each other.
DILATIONS = {16: 2, 32: 2}
LAST_DILATION = 4

# VGG16: how many convolutions there are at each depth, and their filters (Simonyan & Zisserman 2015, table 1, D).
VGG16 = {2: (2, 64), 4: (2, 128), 8: (3, 256), 16: (3, 512), 32: (3, 512)}
# Filters of fc6 and fc7: the paper's have 4096, and fc6 a kernel of 7x7 where this has 3x3, 100 million weights more.
VGG16_HEAD = 1024
# The mean of ImageNet's photos, which these weights expect to be taken off: blue, green, red of 0 … 255.
IMAGENET_MEAN = (103.939, 116.779, 123.68)

# Of what is scored, so much is hidden while training; of VGG16, after fc6 and fc7 only.
DROPOUT = {"compact": 0.2, "vgg16": 0.5}


def segmenter(
    classes: int, filters: int = 32, seed: int = 0, backbone: Backbone = "compact", weights: str | None = None
) -> keras.Model:
    """A network from photos to class logits.

    Args:
        classes: number of classes.
        filters: filters of the compact backbone's first convolution; the depths behind have 2, 4, 8 and 8 times as
            many. VGG16 has its own.
        seed: the first weights follow from it.
        backbone: `compact` (residual blocks, He et al. 2016) or `vgg16` (convolutions and poolings as published, then
            fc6 and fc7 as convolutions, though narrower ones).
        weights: VGG16's first weights: `imagenet`, which Keras downloads, or a file of weights of Keras' VGG16 without
            its top. None: they follow from the seed.

    Returns:
        A model from float32 `(batch, height, width, 3)` in [-1, 1], sides multiples of `MULTIPLE`, to logits
        `(batch, height, width, classes)`.

    Raises:
        DataError: the weights cannot be had, or are not VGG16's.
    """
    style = Style(seed).of("segmenter")
    photo = keras.Input((None, None, 3), name="photo")
    large = layers.UpSampling2D(ENLARGED, interpolation="bilinear", name="enlarged")(photo)
    depths = _vgg16(large, style) if backbone == "vgg16" else _compact(large, style, filters)
    model = keras.Model(photo, _scored(depths, classes), name="segmenter")
    if backbone == "vgg16":
        model.get_layer("imagenet_colours").set_weights(_imagenet_colours())
        if weights is not None:
            _transplant(weights, model)
    return model


def _scored(depths: Depths, classes: int) -> keras.KerasTensor:
    """Scores of three depths, added: the paper's section 4.2 and figure 3; nothing is preferred at first."""
    scores = None
    for depth in SCORED:
        name = f"score_{depth}"
        score = layers.Conv2D(classes, 1, kernel_initializer="zeros", name=name)(depths[depth])
        if scores is not None:
            doubled = layers.UpSampling2D(2, interpolation="bilinear", name=f"{name}_from_coarser")(scores)
            score = layers.Add(name=f"{name}_sum")([score, doubled])
        scores = score
    return layers.UpSampling2D(SCORED[-1] // ENLARGED, interpolation="bilinear", name="logits")(scores)


def _compact(photo: keras.KerasTensor, style: Style, filters: int) -> Depths:
    x = _normalised(photo, style, "stem", filters, stride=2)
    x = layers.ReLU(name="stem_relu")(x)
    depths = {}
    for depth, times in WIDTHS.items():
        depths[depth] = x = _residual(x, style, f"depth_{depth}", filters * times, 2, DILATIONS.get(depth, 1))
    depths[depth] = _residual(x, style, "last", filters * times, 1, LAST_DILATION)
    return {depth: _dropout(depths[depth], style, f"depth_{depth}", DROPOUT["compact"]) for depth in SCORED}


def _residual(
    x: keras.KerasTensor, style: Style, name: str, filters: int, stride: int, dilation: int
) -> keras.KerasTensor:
    """Two convolutions, and what went in added to what came out (He et al. 2016, figure 2)."""
    y = _normalised(x, style, f"{name}a", filters, stride=stride)
    y = layers.ReLU(name=f"{name}a_relu")(y)
    y = _normalised(y, style, f"{name}b", filters, dilation=dilation)
    if stride > 1:
        # A kernel as wide as its step leaves no cell out.
        x = _normalised(x, style, f"{name}_shortcut", filters, kernel=stride, stride=stride)
    return layers.ReLU(name=f"{name}_relu")(layers.Add(name=f"{name}_sum")([x, y]))


def _normalised(
    x: keras.KerasTensor, style: Style, name: str, filters: int, kernel: int = 3, stride: int = 1, dilation: int = 1
) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters,
        kernel,
        stride,
        padding="same",
        dilation_rate=dilation,
        use_bias=False,
        kernel_initializer=style.he(name),
        name=f"{name}_conv",
    )(x)
    # Short trainings too must end with averages that follow the weights.
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(x)


def _vgg16(photo: keras.KerasTensor, style: Style) -> Depths:
    x = layers.Conv2D(3, 1, trainable=False, kernel_initializer="zeros", name="imagenet_colours")(photo)
    depths = {}
    for block, (depth, (convolutions, filters)) in enumerate(VGG16.items(), start=1):
        for number in range(1, convolutions + 1):
            x = _rectified(x, style, f"block{block}_conv{number}", filters, kernel=3)
        depths[depth] = x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    for name, kernel in (("fc6", 3), ("fc7", 1)):
        x = _rectified(x, style, name, VGG16_HEAD, kernel)
        x = _dropout(x, style, name, DROPOUT["vgg16"])
    return depths | {32: x}


def _rectified(x: keras.KerasTensor, style: Style, name: str, filters: int, kernel: int) -> keras.KerasTensor:
    x = layers.Conv2D(filters, kernel, padding="same", kernel_initializer=style.he(name), name=name)(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _imagenet_colours() -> list[NDArray[np.float32]]:
    """A 1x1 convolution from red, green, blue in [-1, 1] to what VGG16's weights are used to."""
    swap = np.eye(3, dtype=np.float32)[::-1] * 127.5
    return [swap[None, None], 127.5 - np.array(IMAGENET_MEAN, np.float32)]


def _transplant(weights: str, model: keras.Model) -> None:
    try:
        trained = keras.applications.VGG16(include_top=False, weights=weights)
    except Exception as error:  # no network, no such host, a damaged file: Keras and HDF5 raise what they like
        way = "name a file of them, or null" if weights == "imagenet" else "Keras' VGG16 without its top is wanted"
        raise DataError(f"segmenter.weights = {weights}: {type(error).__name__}: {one_line(error)}; {way}") from None
    for layer in trained.layers:
        if layer.weights:
            model.get_layer(layer.name).set_weights(layer.get_weights())


def _dropout(x: keras.KerasTensor, style: Style, name: str, rate: float) -> keras.KerasTensor:
    name = f"{name}_dropout"
    return layers.Dropout(rate, seed=derive(style.seed, name), name=name)(x)
